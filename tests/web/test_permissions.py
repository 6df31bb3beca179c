"""Whatever belongs to a private dataset does not exist for others: every address answers 404."""

from __future__ import annotations

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client
from django.urls import reverse

from search.models import Dataset, Projection
from search.services.map_files import store_map_clusters
from search.services.map_regions import Region
from search.services.map_selection import select
from search.services.map_tiles import Tile, draw_tile_of
from search.services.project import newest_projection
from search.storage import projection_folder
from workers.models import Run

PEOPLE = {"anonymous": 404, "bob": 404, "alice": 200, "staff": 200}

# What people keep for themselves or share by name and by link; tests/web/test_keeping_permissions.py walks them.
KEEPING = {
    "collections",
    "collection",
    "collection-create",
    "collection-choices",
    "collect-images",
    "collection-settings",
    "collection-action",
    "collection-export",
    "collection-image",
    "collection-thumbnail",
    "collection-original",
    "shared",
    "shared-export",
    "shared-image",
    "shared-thumbnail",
    "shared-original",
    "saved-searches",
    "save-search",
    "saved-search",
    "saved-search-glimpse",
    "saved-search-action",
    "history",
    "history-recent",
    "history-action",
    "export-images",
}


def addresses(dataset: Dataset, run: Run) -> dict[str, str]:
    """Every address of the site that names something of a dataset, by the name of its route."""
    image = dataset.images.get(name="secret.png")
    projection = newest_projection(dataset)
    assert projection is not None
    return {
        "dataset": reverse("dataset", args=[dataset.slug]),
        "image": reverse("image", args=[image.pk]),
        "image-panel": reverse("image-panel", args=[image.pk]),
        "thumbnail": reverse("thumbnail", args=[image.pk]),
        "original": reverse("original", args=[image.pk]),
        "explorer": reverse("explorer", args=[dataset.slug]),
        "explorer-composer": reverse("explorer-composer", args=[dataset.slug]),
        **map_addresses(dataset, projection),
        "run": reverse("run", args=[run.pk]),
        "failures": reverse("failures", args=[dataset.slug]),
        "failures-csv": reverse("failures-csv", args=[dataset.slug]),
        "versions": reverse("versions", args=[dataset.slug]),
        "versions-compare": reverse("versions-compare", args=[dataset.slug]),
        "duplicates": reverse("duplicates", args=[dataset.slug]),
        "duplicates-csv": reverse("duplicates-csv", args=[dataset.slug]),
        "tags": reverse("tags", args=[dataset.slug]),
        "evaluations": reverse("evaluations", args=[dataset.slug]),
        "api-failures": reverse("api-failures", args=[dataset.slug]),
        "search by text": f"{reverse('search')}?dataset={dataset.slug}&q=navy",
        "search by image": f"{reverse('search')}?like={image.pk}",
        "export-search": f"{reverse('export-search')}?dataset={dataset.slug}&q=navy",
        "api": f"{reverse('api-search')}?dataset={dataset.slug}&q=navy",
    }


def map_addresses(dataset: Dataset, projection: Projection) -> dict[str, str]:
    """Of the data of a map; a selection that a visitor made belongs to whoever has its token."""
    whole = Region(rectangle=np.array([[-1e6, -1e6], [1e6, 1e6]]))
    token = select(dataset, projection, AnonymousUser(), whole, None).token
    image, tag = dataset.images.get(name="secret.png"), dataset.tags.get_or_create(name="dark")[0]
    store_map_clusters(projection_folder(projection.path), np.zeros((2, projection.count), np.uint16))
    draw_tile_of(projection.pk, Tile(0, 0, 0))
    parts: dict[str, list[object]] = {
        "map-level": [0],
        "map-points": [],
        "map-find": [],
        "map-clusters": [],
        "map-hits": [],
        "map-columns": [],
        "map-column-cluster": [0],
        "map-column-date": [],
        "map-column-tag": [],
        "map-similarity": [],
        "map-export": ["csv"],
        "map-tile-facts": [0, 0, 0],
        "map-tile-sheet": [0, 0, 0],
        "map-selection-points": [token],
        "map-selection": [token],
        "map-selection-export": [token, "csv"],
    }
    asked = f"?q=navy&index=0&image={image.pk}&tag={tag.name}"
    return {name: reverse(name, args=[dataset.slug, projection.pk, *more]) + asked for name, more in parts.items()}


def client_of(who: str) -> Client:
    client = Client()
    if who != "anonymous":
        client.force_login(User.objects.get(username=who))
    return client


@pytest.mark.parametrize("who", PEOPLE)
def test_a_private_dataset_exists_for_its_owner_and_staff_only(
    private: Dataset, alice: User, bob: User, staff: User, who: str
) -> None:
    run = Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE)
    client = client_of(who)
    for name, address in addresses(private, run).items():
        assert client.get(address).status_code == PEOPLE[who], name


@pytest.mark.parametrize("address", ["home", "dashboard"])
def test_lists_leave_a_private_dataset_out_for_strangers(
    private: Dataset, bob: User, alice: User, address: str
) -> None:
    Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE)
    assert b"Secrets" not in Client().get(reverse(address)).content
    assert b"Secrets" not in client_of("bob").get(reverse(address)).content
    assert b"Secrets" in client_of("alice").get(reverse(address)).content


def test_a_dataset_made_private_is_gone_at_once(public: Dataset) -> None:
    address = reverse("image", args=[public.images.get(name="red.png").pk])
    assert Client().get(address).status_code == 200
    Dataset.objects.filter(pk=public.pk).update(visibility=Dataset.Visibility.PRIVATE)
    assert Client().get(address).status_code == 404


def test_a_map_of_one_dataset_cannot_be_had_through_another(public: Dataset, private: Dataset) -> None:
    projection = newest_projection(private)
    assert projection is not None
    assert Client().get(reverse("map-level", args=[public.slug, projection.pk, 0])).status_code == 404


def test_the_path_on_the_server_is_shown_to_who_manages_only(public: Dataset, staff: User) -> None:
    address = reverse("image", args=[public.images.get(name="red.png").pk])
    assert public.source_path.encode() not in Client().get(address).content
    assert public.source_path.encode() in client_of("staff").get(address).content


@pytest.mark.parametrize(("who", "status"), [("anonymous", 404), ("bob", 404), ("alice", 302), ("staff", 302)])
def test_only_who_manages_controls_a_run(
    transactional_db: None, private: Dataset, bob: User, staff: User, who: str, status: int
) -> None:
    Dataset.objects.update(visibility=Dataset.Visibility.PUBLIC)  # to see it is not to manage it
    run = Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e")
    client = client_of(who)
    assert client.get(reverse("run-control", args=[run.pk, "pause"])).status_code == 405
    for action in ("pause", "resume", "cancel"):
        assert client.post(reverse("run-control", args=[run.pk, action])).status_code == status
    assert client.post(reverse("run-control", args=[run.pk, "explode"])).status_code == 404
    run.refresh_from_db()
    assert (run.state == Run.State.CANCELLED) is (status == 302)
