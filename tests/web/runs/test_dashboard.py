"""The page of the runs: controls for who manages a dataset, the site for staff, answers for blocked sockets."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import Dataset
from tests.conftest import MakeDataset, MakeImages
from workers.models import Run, WorkerProcess
from workers.progress.state import recent_runs

DASHBOARD = "dashboard"


@pytest.fixture
def run(alice: User, make_images: MakeImages, make_dataset: MakeDataset) -> Run:
    dataset = make_dataset(make_images(red="red"), owner=alice)
    return Run.objects.create(dataset=dataset, kind=Run.Kind.INDEX, encoder="fake/colours/32")


def as_user(name: str | None) -> Client:
    client = Client()
    if name:
        client.force_login(User.objects.get(username=name))
    return client


def page_of(name: str | None) -> str:
    return as_user(name).get(reverse(DASHBOARD)).content.decode()


@pytest.mark.parametrize(("who", "manages"), [(None, False), ("bob", False), ("alice", True), ("staff", True)])
def test_controls_stand_with_the_runs_that_a_person_manages(
    run: Run, bob: User, staff: User, who: str | None, manages: bool
) -> None:
    content = page_of(who)
    assert "Pictures" in content
    assert (reverse("run-control", args=[run.pk, "pause"]) in content) is manages


@pytest.mark.parametrize(("who", "sees"), [(None, False), ("bob", False), ("alice", False), ("staff", True)])
def test_the_state_of_the_site_is_for_staff(run: Run, bob: User, staff: User, who: str | None, sees: bool) -> None:
    WorkerProcess.objects.create(name="vm:1", title="cpu@secret-machine", queues=["cpu"])
    assert ("secret-machine" in page_of(who)) is sees
    answer = as_user(who).get(reverse("site-panels"))
    assert answer.status_code == (200 if sees else 404)
    assert as_user(who).get(reverse("status")).status_code == (302 if sees else 404)


def test_a_staff_account_that_is_switched_off_sees_nothing_of_the_site(run: Run, staff: User) -> None:
    client = as_user("staff")
    User.objects.filter(pk=staff.pk).update(is_active=False)
    assert client.get(reverse("site-panels")).status_code == 404


@pytest.mark.parametrize(("who", "sees"), [(None, False), ("bob", False), ("alice", True), ("staff", True)])
def test_asking_gives_the_snapshot_of_the_socket(run: Run, bob: User, staff: User, who: str | None, sees: bool) -> None:
    Dataset.objects.update(visibility=Dataset.Visibility.PRIVATE)
    answer = as_user(who).get(reverse("runs-json"))
    assert answer["Cache-Control"] == "private, no-store"
    told = answer.json()
    assert told["type"] == "snapshot"
    assert [one["id"] for one in told["runs"]] == ([run.pk] if sees else [])
    if sees:
        assert told["runs"][0].keys() == recent_runs(User.objects.get(username=who))[0].keys()


def test_a_control_of_the_dashboard_leads_back_to_it(run: Run) -> None:
    client = as_user("alice")
    answer = client.post(reverse("run-control", args=[run.pk, "pause"]), {"on": "dashboard"})
    assert answer["Location"] == reverse(DASHBOARD)
    run.refresh_from_db()
    assert run.is_paused
    answer = client.post(reverse("run-priority", args=[run.pk]), {"on": "dashboard", "priority": "high"})
    assert answer["Location"] == reverse(DASHBOARD)
    run.refresh_from_db()
    assert run.priority == Run.Priority.HIGH
    assert client.post(reverse("run-control", args=[run.pk, "resume"]))["Location"] == reverse("run", args=[run.pk])


def test_a_run_that_failed_is_started_again_as_it_was_asked_for(run: Run, alice: User) -> None:
    failed = {"state": Run.State.FAILED, "priority": Run.Priority.LOW, "parameters": {"places": True}}
    Run.objects.filter(pk=run.pk).update(**failed)
    answer = as_user("alice").post(reverse("run-again", args=[run.pk]))
    again = Run.objects.latest("pk")
    assert answer["Location"] == reverse("run", args=[again.pk])
    assert again.pk != run.pk
    assert (again.kind, again.priority, again.parameters) == (Run.Kind.INDEX, Run.Priority.LOW, {"places": True})
    assert again.requested_by == alice


@pytest.mark.parametrize(
    ("state", "kind", "who"),
    [
        (Run.State.ACTIVE, Run.Kind.INDEX, "alice"),
        (Run.State.DONE, Run.Kind.INDEX, "alice"),
        (Run.State.FAILED, Run.Kind.RETRY, "alice"),
        (Run.State.FAILED, Run.Kind.INDEX, "bob"),
        (Run.State.FAILED, Run.Kind.INDEX, None),
    ],
)
def test_what_cannot_be_started_again_has_no_such_address(
    run: Run, bob: User, state: str, kind: str, who: str | None
) -> None:
    Run.objects.filter(pk=run.pk).update(state=state, kind=kind)
    assert as_user(who).post(reverse("run-again", args=[run.pk])).status_code == 404
    assert Run.objects.count() == 1


def test_a_deleted_dataset_takes_its_runs_off_the_page(run: Run, staff: User) -> None:
    assert "Pictures" in page_of("staff")
    Dataset.objects.update(deleted_at="2026-01-01T00:00Z", name="deleted 1", slug="deleted-1")
    assert "No runs yet" in page_of("staff")
