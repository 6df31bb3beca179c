"""The pages of runs: what they say without JavaScript, and who may hurry a run."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import Dataset
from tests.conftest import MakeDataset, MakeImages
from tests.web.markup import on_one_line
from workers.models import Run, RunEvent
from workers.pipeline.lifecycle import note
from workers.registry import DERIVE, INGEST
from workers.runs.start import start_run


@pytest.fixture
def run(transactional_db: None, make_images: MakeImages, make_dataset: MakeDataset, alice: User) -> Run:
    dataset = make_dataset(make_images(red="red"), owner=alice)
    return start_run(dataset, Run.Kind.INDEX, encoder="fake/colours/32")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("page", ["run", "dashboard"])
def test_the_page_says_the_numbers_without_javascript(run: Run, page: str) -> None:
    run.stages.filter(stage=INGEST).update(started_at=run.created_at, done=1_234, total=1_235)
    run.stages.filter(stage=DERIVE).update(
        started_at=run.created_at, total=1_000, done=500, failed=12, bytes_read=3_400_000
    )
    Run.objects.update(priority=Run.Priority.LOW)
    address = reverse("run", args=[run.pk]) if page == "run" else reverse("dashboard")
    content = Client().get(address).content.decode()
    for words in ("1,234 found", "500 of 1,000", "12 failed", "3.4 MB read", "still finding images", "low priority"):
        assert words in content


def test_a_warning_in_the_log_says_that_it_is_one(run: Run) -> None:
    note(run, "A batch was tried again.", RunEvent.Level.WARNING)
    note(run, "The disk is full.", RunEvent.Level.ERROR)
    content = on_one_line(Client().get(reverse("run", args=[run.pk])).content.decode())
    assert "<strong>Warning:</strong> A batch was tried again." in content
    assert "<strong>Error:</strong> The disk is full." in content
    assert content.count("<strong>") == 2


def test_who_manages_the_dataset_sets_the_priority_on_the_page(run: Run, alice: User) -> None:
    client = signed_in(alice)
    page = client.post(reverse("run-priority", args=[run.pk]), {"priority": "high"}, follow=True)
    assert 'value="high" aria-pressed="true"' in on_one_line(page.content.decode())
    run.refresh_from_db()
    assert run.priority == Run.Priority.HIGH
    assert run.events.last() is not None
    assert "priority is high" in str(run.events.last())
    assert client.post(reverse("run-priority", args=[run.pk]), {"priority": "urgent"}).status_code == 404
    assert client.get(reverse("run-priority", args=[run.pk])).status_code == 405


def test_others_have_no_such_control(run: Run, bob: User) -> None:
    for client in (Client(), signed_in(bob)):
        assert client.post(reverse("run-priority", args=[run.pk]), {"priority": "high"}).status_code == 404
        assert b"aria-pressed" not in client.get(reverse("run", args=[run.pk])).content
    run.refresh_from_db()
    assert run.priority == Run.Priority.NORMAL


@pytest.mark.parametrize(("action", "priority"), [("hurry", Run.Priority.HIGH), ("let_wait", Run.Priority.LOW)])
def test_the_admin_sets_the_priority(run: Run, staff: User, action: str, priority: Run.Priority) -> None:
    chosen = {"action": action, "_selected_action": [run.pk]}
    page = signed_in(staff).post(reverse("admin:workers_run_changelist"), chosen, follow=True)
    assert f"1 of 1 runs were active and have {priority.label} priority now." in page.content.decode()
    run.refresh_from_db()
    assert run.priority == priority


def test_a_second_press_is_told_which_run_is_active(run: Run, staff: User) -> None:
    chosen = {"action": "index", "_selected_action": [Dataset.objects.get().pk]}
    page = signed_in(staff).post(reverse("admin:search_dataset_changelist"), chosen, follow=True)
    assert f"is being worked on already (run {run.pk}, started" in page.content.decode()
    assert Run.objects.count() == 1
