"""Starting runs from the page of a dataset, and the plan on the page of a run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import Dataset
from tests.workers.conftest import start, work_off
from workers.models import Run


@pytest.fixture
def owned(pictures: Dataset, alice: User) -> Dataset:
    """Alice's public dataset, indexed once; one file was added since."""
    Dataset.objects.filter(pk=pictures.pk).update(owner=alice)
    work_off(start(pictures))
    shutil.copyfile(Path(pictures.source_path, "red.png"), Path(pictures.source_path, "<new>.png"))
    return Dataset.objects.get(pk=pictures.pk)


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_who_manages_the_dataset_looks_for_changes_and_indexes_them(owned: Dataset, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert "Look for changes" in page(client, reverse("dataset", args=[owned.slug]))
    answer = client.post(reverse("run-start", args=[owned.slug]), {"kind": "plan"})
    looking = Run.objects.get(kind=Run.Kind.PLAN)
    assert answer["Location"] == reverse("run", args=[looking.pk])
    assert looking.requested_by == alice
    assert "Index now" not in page(client, answer["Location"])
    work_off(looking)
    shown = page(client, answer["Location"])
    assert "What indexing would do" in shown
    assert "&lt;new&gt;.png" in shown
    assert "Index now" in shown
    client.post(reverse("run-start", args=[owned.slug]), {"kind": "index"})
    indexing = work_off(Run.objects.filter(kind=Run.Kind.INDEX).latest("pk"))
    assert indexing.message.startswith("5 images are searchable in version 2.")


def test_others_see_neither_names_of_the_plan_nor_a_way_to_start_anything(owned: Dataset, bob: User) -> None:
    looking = work_off(start(owned, Run.Kind.PLAN))
    stranger, visitor = Client(), Client()
    stranger.force_login(bob)
    for client in (visitor, stranger):
        shown = page(client, reverse("run", args=[looking.pk]))
        assert "What indexing would do" not in shown
        assert "Index now" not in shown
        address = reverse("run-start", args=[owned.slug])
        assert address not in page(client, reverse("dataset", args=[owned.slug]))
        assert client.post(address, {"kind": "index"}).status_code == 404
    assert Run.objects.count() == 2


def test_nobody_else_starts_anything_on_a_private_dataset(owned: Dataset, bob: User) -> None:
    Dataset.objects.update(visibility=Dataset.Visibility.PRIVATE)
    client = Client()
    client.force_login(bob)
    assert client.post(reverse("run-start", args=[owned.slug]), {"kind": "plan"}).status_code == 404
    assert Run.objects.count() == 1


@pytest.mark.parametrize("kind", ["plan", "index"])
def test_it_says_when_the_dataset_is_being_worked_on(owned: Dataset, alice: User, kind: str) -> None:
    start(owned)
    client = Client()
    client.force_login(alice)
    answer = client.post(reverse("run-start", args=[owned.slug]), {"kind": kind})
    assert answer.status_code == 409
    assert "is being worked on already" in answer.content.decode()


@pytest.mark.parametrize("kind", ["rebuild", "", "nonsense"])
def test_it_starts_only_what_the_page_offers(owned: Dataset, alice: User, kind: str) -> None:
    client = Client()
    client.force_login(alice)
    assert client.post(reverse("run-start", args=[owned.slug]), {"kind": kind}).status_code == 404
    assert client.get(reverse("run-start", args=[owned.slug])).status_code == 405


def test_an_administrator_looks_for_changes_in_the_list_of_datasets(owned: Dataset, staff: User) -> None:
    client = Client()
    client.force_login(staff)
    action = {"action": "look_for_changes", "_selected_action": [owned.pk]}
    answer = client.post(reverse("admin:search_dataset_changelist"), action, follow=True)
    assert "Started:" in answer.content.decode()
    assert owned.runs.get(state=Run.State.ACTIVE).kind == Run.Kind.PLAN
