"""What watches over a web process is told: that it lives, and whether it can answer."""

from __future__ import annotations

import threading

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from search.versions.warm_up import warm_query_path, warmed
from tests.environment import free_port

pytestmark = pytest.mark.django_db


def test_a_process_lives_without_asking_anybody(
    client: Client, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    with django_assert_num_queries(0):
        response = client.get(reverse("healthz"))
    assert (response.status_code, response.json()) == (200, {"ok": True})


def test_it_is_ready_once_it_has_loaded_what_it_needs(client: Client) -> None:
    warmed.clear()
    early = client.get(reverse("readyz"))
    assert early.status_code == 503
    assert early.json()["problems"] == ["The encoder and the indexes are still being loaded."]
    # As a web process does it: in a thread, which closes its own connection to the database.
    loading = threading.Thread(target=warm_query_path)
    loading.start()
    loading.join()
    ready = client.get(reverse("readyz"))
    assert (ready.status_code, ready.json()) == (200, {"ok": True, "problems": []})


def test_it_is_not_ready_without_valkey(client: Client, settings: Settings) -> None:
    warmed.set()
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    response = client.get(reverse("readyz"))
    assert response.status_code == 503
    assert response.json()["problems"] == ["Valkey does not answer."]


def test_https_does_not_keep_the_watchers_away(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(reverse("healthz")).status_code == 200
    assert client.get(reverse("metrics")).status_code == 404
    assert client.get(reverse("home")).status_code == 301
