"""The page of a dataset in the admin: everything that can be done with it, its export, when it is looked through."""

from __future__ import annotations

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from clipsite.admin.dataset_page import ACTIONS, BUTTONS
from search.models import Dataset, DatasetUsage
from tests.conftest import MakeDataset, MakeImages
from tests.indexed import index
from tests.web.conftest import downloaded
from workers.models import Run
from workers.runs import schedules
from workers.runs.schedules import Rescan


@pytest.fixture
def admin(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def dataset(make_images: MakeImages, make_dataset: MakeDataset) -> Dataset:
    return index(make_dataset(make_images(red="red", blue="blue")))


def looker() -> Client:
    """Staff who may look at datasets and change none."""
    person = User.objects.create_user("looker", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_dataset"))
    client = Client()
    client.force_login(person)
    return client


def page_of(dataset: Dataset) -> str:
    return reverse("admin:search_dataset_change", args=[dataset.pk])


def doing(dataset: Dataset, what: str) -> str:
    return reverse("admin:search_dataset_do", args=[dataset.pk, what])


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: button.what)
def test_each_button_of_the_page_does_something(admin: Client, dataset: Dataset, button: object) -> None:
    what = str(getattr(button, "what", ""))
    assert doing(dataset, what) in admin.get(page_of(dataset)).content.decode()
    answer = admin.post(doing(dataset, what))
    run = dataset.runs.first()
    if what == "compare":
        assert run is None
        assert answer["Location"] == page_of(dataset)
    else:
        assert run is not None
        assert answer["Location"] == reverse("run", args=[run.pk])
        assert run.requested_by == User.objects.get(username="staff")
    assert LogEntry.objects.filter(object_id=str(dataset.pk)).exists()


def test_every_doing_has_its_button() -> None:
    assert {button.what for button in BUTTONS} == set(ACTIONS)


def test_a_run_that_is_active_is_said_and_nothing_starts(admin: Client, dataset: Dataset) -> None:
    admin.post(doing(dataset, "index"))
    assert "Index is running" in admin.get(page_of(dataset)).content.decode()
    answer = admin.post(doing(dataset, "rebuild"), follow=True)
    assert "is being worked on already" in answer.content.decode()
    assert dataset.runs.count() == 1


def test_what_needs_an_index_is_offered_once_there_is_one(
    admin: Client, make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    empty = make_dataset(make_images(red="red"))
    content = admin.get(page_of(empty)).content.decode()
    assert doing(empty, "index") in content
    assert doing(empty, "map") not in content
    assert "there is nothing to draw" in admin.post(doing(empty, "map"), follow=True).content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_can_be_done_by_looking_or_by_who_may_only_look(dataset: Dataset, admin: Client, method: str) -> None:
    assert admin.get(doing(dataset, "index")).status_code == 404
    assert admin.post(doing(dataset, "burn")).status_code == 404
    client = looker()
    assert getattr(client, method)(doing(dataset, "index")).status_code == 404
    assert client.get(reverse("admin:search_dataset_export", args=[dataset.pk])).status_code == 404
    content = client.get(page_of(dataset)).content.decode()
    assert doing(dataset, "index") not in content
    assert not Run.objects.exists()


def test_all_readable_images_are_exported(admin: Client, dataset: Dataset) -> None:
    address = reverse("admin:search_dataset_export", args=[dataset.pk])
    lines = downloaded(admin.get(address)).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 2
    exported = json.loads(downloaded(admin.get(address, {"format": "json"})))
    assert {"red.png", "blue.png"} == {image["name"] for image in exported["images"]}


def test_it_shows_what_jobs_found_out(admin: Client, dataset: Dataset) -> None:
    now, agreed = timezone.now(), "The index and the database agree."
    DatasetUsage.objects.create(
        dataset=dataset, originals=5 << 20, measured_at=now, index_check=agreed, compared_at=now
    )
    content = admin.get(page_of(dataset)).content.decode().replace("\xa0", " ")
    assert "originals 5.0 MB" in content
    assert agreed in content


def test_the_page_sets_when_the_folder_is_looked_through(admin: Client, dataset: Dataset, staff: User) -> None:
    fields = {"name": dataset.name, "visibility": dataset.visibility, "owner": staff.pk, "rescan": "nightly"}
    admin.post(page_of(dataset), fields)
    assert schedules.rescan_of(dataset) == Rescan.NIGHTLY
    assert '<option value="nightly" selected>' in admin.get(page_of(dataset)).content.decode()
    admin.post(page_of(dataset), fields | {"rescan": "never"})
    assert schedules.rescan_of(dataset) == Rescan.NEVER


@pytest.mark.parametrize(("then", "kinds"), [("index", ["index"]), ("plan", ["plan"]), ("nothing", [])])
def test_a_new_dataset_is_indexed_planned_or_left_alone(
    transactional_db: None,
    admin: Client,
    staff: User,
    make_images: MakeImages,
    settings: Settings,
    then: str,
    kinds: list[str],
) -> None:
    folder = make_images(red="red")
    settings.IMAGE_ROOTS = [folder.parent]
    fields = {"name": "Trip", "visibility": "public", "owner": staff.pk, "folder": str(folder), "then": then}
    admin.post(reverse("admin:search_dataset_add"), fields)
    assert list(Dataset.objects.get().runs.values_list("kind", flat=True)) == kinds
