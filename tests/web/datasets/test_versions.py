"""The pages of versions, of two side by side and of the site's status, and who may do what there."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import Dataset, IndexVersion
from search.retrieval.search import search_text
from search.versions import serving
from tests.conftest import MakeDataset
from tests.versions.versioned import COLOURS, OTHER_ENCODER, add_images, build, flip_a_byte, fresh
from tests.web.markup import on_one_line
from tests.web.test_permissions import client_of
from workers.models import Run


@pytest.fixture
def dataset(transactional_db: None, make_dataset: MakeDataset, tmp_path: Path, alice: User) -> Dataset:
    """Alice's public dataset: version 1 is live, version 2 of another encoder and with one image more is held."""
    made = make_dataset(tmp_path, owner=alice)
    add_images(made, *COLOURS[:4])
    build(made)
    add_images(made, "navy")
    build(made, OTHER_ENCODER, stage_only=True)
    return fresh(made)


def page(client: Client, name: str, *arguments: object, query: str = "") -> str:
    response = client.get(reverse(name, args=arguments) + query)
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, dataset: Dataset, number: int, action: str) -> int:
    return client.post(reverse("version-action", args=[dataset.slug, number, action])).status_code


@pytest.mark.parametrize(
    ("who", "read", "done"), [("anonymous", 404, 404), ("bob", 404, 404), ("alice", 200, 302), ("staff", 200, 302)]
)
def test_only_who_manages_sees_and_switches_versions_of_a_public_dataset(
    dataset: Dataset, bob: User, staff: User, who: str, read: int, done: int
) -> None:
    client = client_of(who)
    assert client.get(reverse("versions", args=[dataset.slug])).status_code == read
    assert client.get(reverse("versions-compare", args=[dataset.slug]) + "?q=red").status_code == read
    assert act(client, dataset, 2, "live") == done
    live = fresh(dataset).live_version
    assert live is not None
    assert live.number == (2 if done == 302 else 1)
    assert act(client, dataset, 1, "delete") == done
    assert dataset.versions.count() == (1 if done == 302 else 2)
    Run.objects.all().delete()  # the one that draws the map of what went live
    rebuilt = client.post(reverse("versions-rebuild", args=[dataset.slug]))
    assert rebuilt.status_code == done


@pytest.mark.parametrize(("who", "status"), [("anonymous", 404), ("bob", 404), ("alice", 404), ("staff", 302)])
def test_the_status_is_for_staff(dataset: Dataset, bob: User, staff: User, who: str, status: int) -> None:
    assert client_of(who).get(reverse("status")).status_code == status


def test_reading_changes_nothing(dataset: Dataset) -> None:
    client = client_of("alice")
    assert client.get(reverse("version-action", args=[dataset.slug, 2, "live"])).status_code == 405
    assert client.get(reverse("versions-rebuild", args=[dataset.slug])).status_code == 405
    assert act(client, dataset, 2, "explode") == 404
    assert act(client, dataset, 9, "live") == 404


def test_the_page_lists_what_is_live_held_and_served(dataset: Dataset) -> None:
    assert dataset.live_version_id is not None
    serving.announce("machine:77", {dataset.pk: dataset.live_version_id})
    shown = page(client_of("alice"), "versions", dataset.slug)
    assert "Version 2 is ready and newer than the live one" in shown
    assert "machine:77" in shown
    assert "fake/colours/other" in shown
    assert reverse("version-action", args=[dataset.slug, 2, "live"]) in shown
    assert reverse("version-action", args=[dataset.slug, 1, "delete"]) not in shown


def test_switching_and_going_back_by_the_page(dataset: Dataset) -> None:
    client = client_of("alice")
    act(client, dataset, 2, "live")
    assert search_text(fresh(dataset), "navy", k=1).hits[0].image.name == "navy.png"
    shown = page(client, "versions", dataset.slug)
    assert "Version 2 of Pictures is live instead of 1" in shown
    assert "Go back to version 1" in shown
    act(client, dataset, 1, "live")
    assert search_text(fresh(dataset), "navy", k=1).version.number == 1


def test_switching_has_the_map_drawn(dataset: Dataset) -> None:
    act(client_of("alice"), dataset, 2, "live")
    assert Run.objects.get().kind == Run.Kind.PROJECT


def test_what_cannot_be_done_is_said_on_the_page(dataset: Dataset) -> None:
    client = client_of("alice")
    act(client, dataset, 1, "delete")
    assert "is live. Make another one live" in page(client, "versions", dataset.slug)
    assert dataset.versions.count() == 2


def test_damage_shows_to_who_manages_with_a_way_out(dataset: Dataset, bob: User, staff: User) -> None:
    IndexVersion.objects.filter(number=2).update(encoder=dataset.versions.get(number=1).encoder)
    second = dataset.versions.get(number=2)
    third = build(dataset)
    flip_a_byte(third)
    assert search_text(fresh(dataset), "red", k=1).version.number == 1
    second.refresh_from_db()
    rebuild = reverse("versions-rebuild", args=[dataset.slug])
    for name, arguments, who in (
        ("dataset", [dataset.slug], "alice"),
        ("versions", [dataset.slug], "alice"),
        ("dashboard", [], "staff"),
    ):
        shown = page(client_of(who), name, *arguments)
        assert "index files of version 3 are damaged" in shown
        assert rebuild in shown
    assert "damaged" not in page(client_of("bob"), "dataset", dataset.slug)
    client_of("alice").post(rebuild)
    run = Run.objects.get()
    assert (run.kind, run.stage_only) == (Run.Kind.REBUILD, False)


def test_another_encoder_is_built_beside_and_only_one_that_is_offered(dataset: Dataset) -> None:
    client = client_of("alice")
    address = reverse("versions-rebuild", args=[dataset.slug])
    assert client.post(address, {"encoder": "open_clip/ViT-B-32//etc/passwd"}).status_code == 404
    answer = client.post(address, {"encoder": OTHER_ENCODER})
    run = Run.objects.get()
    assert answer["Location"] == reverse("run", args=[run.pk])
    assert (run.encoder, run.stage_only) == (OTHER_ENCODER, True)
    assert not run.stages.filter(stage="project").exists()


def test_two_versions_stand_side_by_side(dataset: Dataset) -> None:
    client = client_of("alice")
    assert "Compare" in page(client, "versions-compare", dataset.slug)
    shown = on_one_line(page(client, "versions-compare", dataset.slug, query="?q=navy"))
    assert shown.index("Version 1") < shown.index("Version 2")
    assert "<b>4</b> of" in shown
    assert "navy.png (in this version only)" in shown
    swapped = page(client, "versions-compare", dataset.slug, query="?q=navy&left=2&right=1")
    assert swapped.index("Version 2") < swapped.index("Version 1")


@pytest.mark.parametrize(("query", "status"), [("?q=x&left=99", 409), ("?q=x&left=-1", 404), ("?q=" + "x" * 600, 400)])
def test_a_comparison_that_cannot_be_made_is_a_clear_answer(dataset: Dataset, query: str, status: int) -> None:
    client = client_of("alice")
    assert client.get(reverse("versions-compare", args=[dataset.slug]) + query).status_code == status


def test_a_dataset_with_one_version_or_none_has_nothing_to_compare(dataset: Dataset) -> None:
    client = client_of("alice")
    dataset.versions.get(number=2).delete()
    assert "Only one version is ready" in page(client, "versions-compare", dataset.slug)
    Dataset.objects.update(live_version=None)
    dataset.versions.all().delete()
    assert "No version yet" in page(client, "versions", dataset.slug)


def test_the_status_names_processes_and_what_they_serve(dataset: Dataset, staff: User) -> None:
    assert dataset.live_version_id is not None
    serving.announce("machine:77", {dataset.pk: dataset.live_version_id})
    serving.announce("machine:78", {dataset.pk: dataset.versions.get(number=2).pk})
    shown = page(client_of("staff"), "dashboard")
    assert "machine:77" in shown
    assert "machine:78" in shown
    assert "1 dataset being opened by some process" in shown
    assert "No index is damaged." in shown


def test_the_administration_has_the_same_buttons(dataset: Dataset, staff: User) -> None:
    client = client_of("staff")
    address = reverse("admin:search_indexversion_changelist")
    second = dataset.versions.get(number=2)
    client.post(address, {"action": "go_live", "_selected_action": [second.pk]})
    assert fresh(dataset).live_version_id == second.pk
    client.post(address, {"action": "remove", "_selected_action": [dataset.versions.get(number=1).pk]})
    assert list(dataset.versions.values_list("number", flat=True)) == [2]
