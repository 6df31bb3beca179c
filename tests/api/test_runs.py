"""Runs are started and controlled over the API as on the pages."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import Dataset
from tests.api.conftest import MakeHeaders
from workers.models import Run


@pytest.fixture
def headers(alice: User, headers_of: MakeHeaders) -> dict[str, str]:
    return headers_of(alice, "write", "read")


def start(client: Client, headers: dict[str, str], **body: str) -> tuple[int, dict[str, object], str]:
    address = reverse("api-run-start", args=["secrets"])
    answer = client.post(address, body, content_type="application/json", headers=headers)
    return answer.status_code, answer.json(), answer.headers.get("Location", "")


@pytest.mark.parametrize("kind", ["index", "plan", "rebuild", "project"])
def test_a_run_is_started(
    transactional_db: None, private: Dataset, client: Client, headers: dict[str, str], alice: User, kind: str
) -> None:
    status, answer, location = start(client, headers, kind=kind, priority="low")
    run = Run.objects.get()
    assert (status, answer["id"], answer["kind"], answer["priority"]) == (201, run.pk, kind, "low")
    assert run.requested_by == alice
    assert client.get(location, headers=headers).json()["id"] == run.pk


def test_a_second_run_has_to_wait(
    transactional_db: None, private: Dataset, client: Client, headers: dict[str, str]
) -> None:
    start(client, headers, kind="index")
    status, answer, _ = start(client, headers, kind="plan")
    assert status == 409
    assert "is being worked on already" in str(answer["detail"])
    assert Run.objects.count() == 1


def test_a_run_is_paused_resumed_and_cancelled(
    transactional_db: None, private: Dataset, client: Client, headers: dict[str, str]
) -> None:
    start(client, headers, kind="index")
    run = Run.objects.get()
    told = []
    for action in ("pause", "pause", "resume", "cancel", "cancel"):
        answer = client.post(reverse(f"api-run-{action}", args=[run.pk]), headers=headers)
        assert answer.status_code == 200
        told.append((answer.json()["state"], answer.json()["is_paused"]))
    assert told == [
        ("active", True),
        ("active", True),
        ("active", False),
        ("cancelled", False),
        ("cancelled", False),
    ]


def test_a_map_needs_an_index(
    transactional_db: None, private: Dataset, client: Client, headers: dict[str, str]
) -> None:
    Dataset.objects.update(live_version=None)
    status, answer, _ = start(client, headers, kind="project")
    assert status == 409
    assert "has no index yet" in str(answer["detail"])
