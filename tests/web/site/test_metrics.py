"""The figures for Prometheus: who gets them, and that they are true."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import Client
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from search.models import Dataset
from tests.environment import free_port
from tests.workers.conftest import pictures, start, work_off
from workers.models import ImageFailure
from workers.tasks import repair_runs

__all__ = ["pictures"]

TOKEN = "a token of the monitoring"


@pytest.fixture
def near(settings: Settings) -> None:
    settings.METRICS_NETWORKS = [ip_network("127.0.0.0/8")]


def figures(client: Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = client.get(reverse("metrics"))
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    samples = (sample for family in families for sample in family.samples)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_nobody_gets_them_unless_a_setting_says_so(client: Client, admin_client: Client, db: None) -> None:
    for visitor in (client, admin_client):
        assert visitor.get(reverse("metrics")).status_code == 404
        assert visitor.get(reverse("metrics"), headers={"Authorization": "Bearer "}).status_code == 404


def test_a_token_opens_them(client: Client, db: None, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert client.get(reverse("metrics"), headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    for wrong in ("Bearer another token of it", f"Basic {TOKEN}", TOKEN, "Bearer \u00e9"):
        assert client.get(reverse("metrics"), headers={"Authorization": wrong}).status_code == 404


def test_an_address_opens_them_but_not_through_a_proxy(
    client: Client, db: None, near: None, settings: Settings
) -> None:
    settings.PROXIES = 1
    assert client.get(reverse("metrics")).status_code == 200
    assert client.get(reverse("metrics"), REMOTE_ADDR="192.0.2.7").status_code == 404
    through = {"X-Forwarded-For": "192.0.2.7"}
    assert client.get(reverse("metrics"), headers=through).status_code == 404
    made_up = {"X-Forwarded-For": "127.0.0.1, 192.0.2.7"}
    assert client.get(reverse("metrics"), headers=made_up).status_code == 404


def test_a_proxy_that_was_not_declared_lets_nobody_in(client: Client, db: None, near: None) -> None:
    assert client.get(reverse("metrics"), headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404


def test_they_tell_the_work_and_the_indexes(client: Client, near: None, pictures: Dataset) -> None:
    run = start(pictures)
    before = figures(client)
    assert before[key("clipsite_active_runs")] == 1
    assert before[key("clipsite_batches", stage="ingest", state="queued")] == 1
    assert before[key("clipsite_queue_messages", queue="cpu")] >= 1
    work_off(run)
    after = figures(client)
    assert after[key("clipsite_active_runs")] == 0
    assert after[key("clipsite_images_done_total", stage="embed")] == 4
    assert after[key("clipsite_index_version", dataset=pictures.slug)] == 1
    assert after[key("clipsite_index_images", dataset=pictures.slug)] == 4
    assert 0 <= after[key("clipsite_index_age_seconds", dataset=pictures.slug)] < 600
    state = ImageFailure.State.OPEN.value
    assert after[key("clipsite_ledger_entries", dataset=pictures.slug, state=state)] == 1
    assert after[key("clipsite_up", part="database")] == after[key("clipsite_up", part="valkey")] == 1
    assert after[key("clipsite_disk_free_bytes")] > 0


def test_they_tell_how_long_searches_take(client: Client, near: None, pictures: Dataset) -> None:
    work_off(start(pictures))
    before = figures(client)
    assert client.get(reverse("search"), {"dataset": pictures.slug, "q": "red"}).status_code == 200
    after = figures(client)
    for phase in ("open", "encode", "find", "all"):
        counted = key("clipsite_search_seconds_count", phase=phase)
        assert after[counted] == before.get(counted, 0) + 1, phase
    counted = key("clipsite_request_seconds_count", method="GET", address="/search", status="200")
    assert after[counted] == before.get(counted, 0) + 1


def test_made_up_addresses_and_methods_do_not_grow_them(client: Client, db: None, near: None) -> None:
    client.get("/no-such-page-1")
    client.get("/no-such-page-2")
    client.generic("BREW", "/no-such-page-3")
    names = {labels for _, labels in figures(client)}
    text = str(names)
    assert "no-such-page" not in text
    assert "BREW" not in text


def test_they_tell_that_repair_ran(client: Client, near: None, transactional_db: None) -> None:
    repair_runs()
    assert figures(client)[key("clipsite_repair_age_seconds")] < 60


def test_without_valkey_they_say_so_and_tell_the_rest(client: Client, db: None, near: None, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    told = figures(client)
    assert told[key("clipsite_up", part="valkey")] == 0
    assert told[key("clipsite_up", part="database")] == 1
