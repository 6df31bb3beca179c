"""The page of copies: who sees it, who may decide, what the buttons do, and what is refused in a sentence."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.duplicates.lookup import Kind, group_page
from search.models import Collection, Dataset, DistinctPair, DuplicateScan, Image
from tests.conftest import MakeDataset
from tests.ingest.copies import compare, index, named, put_photographs
from tests.web.conftest import downloaded
from tests.web.markup import on_one_line
from tests.web.test_permissions import client_of
from workers.models import Run


@pytest.fixture
def dataset(transactional_db: None, make_dataset: MakeDataset, tmp_path: Path, alice: User) -> Dataset:
    """Alice's public dataset of photographs and copies, compared."""
    put_photographs(tmp_path / "photos")
    indexed = index(make_dataset(tmp_path / "photos", owner=alice))
    compare(indexed)
    return indexed


def page(client: Client, dataset: Dataset, query: str = "") -> str:
    response = client.get(reverse("duplicates", args=[dataset.slug]) + query)
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, dataset: Dataset, action: str, **fields: object) -> tuple[int, str]:
    address = reverse("duplicates-act", args=[dataset.slug, action])
    response = client.post(address, {"kind": "near"} | fields, follow=True)
    return response.status_code, response.content.decode()


def group_key(dataset: Dataset, kind: Kind = Kind.NEAR) -> str:
    return group_page(dataset, kind).groups[0].key


@pytest.mark.parametrize(("who", "status"), [("anonymous", 404), ("bob", 404), ("alice", 302), ("staff", 302)])
def test_only_who_manages_decides_though_everybody_sees_a_public_dataset(
    dataset: Dataset, bob: User, staff: User, who: str, status: int
) -> None:
    client = client_of(who)
    shown = page(client, dataset)
    assert "coffee small.jpg" in shown
    assert ("Hide the others" in shown) is (status == 302)
    fields = {"kind": "near", "group": group_key(dataset), "image": named(dataset, "coffee small.jpg").pk}
    for action in ("keep", "collect", "apart", "hide"):
        assert client.post(reverse("duplicates-act", args=[dataset.slug, action]), fields).status_code == status
    shown_again = client.post(reverse("duplicates-act", args=[dataset.slug, "show"]), {"kind": "hidden", "all": "1"})
    assert shown_again.status_code == status
    assert client.post(reverse("duplicates-find", args=[dataset.slug])).status_code == status
    assert Run.objects.exists() is (status == 302)
    assert client.get(reverse("duplicates", args=[dataset.slug]) + "?kind=hidden").status_code == (
        200 if status == 302 else 404
    )
    assert client.get(reverse("duplicates-act", args=[dataset.slug, "hide"])).status_code == 405
    assert client.post(reverse("duplicates-act", args=[dataset.slug, "explode"]), fields).status_code == 404


def test_the_tabs_keep_equal_files_and_near_copies_apart(dataset: Dataset) -> None:
    client = client_of("alice")
    assert "coffee mirrored.jpg" in page(client, dataset)
    exact = page(client, dataset, "?kind=exact")
    assert "cat equal.jpg" in exact
    assert "coffee mirrored.jpg" not in exact
    assert client.get(reverse("duplicates", args=[dataset.slug]) + "?kind=other").status_code == 404


def test_the_page_previews_every_distance(dataset: Dataset) -> None:
    shown = page(client_of("alice"), dataset)
    assert 'id="likeness-counts"' in shown
    assert '"distance": 14, "groups": 1, "images": 5' in shown


def test_hiding_and_showing_again(dataset: Dataset) -> None:
    client = client_of("alice")
    status, said = act(client, dataset, "hide", group=group_key(dataset))
    assert status == 200
    assert "4 images hidden from results. No file was touched" in said
    assert "coffee small.jpg" in page(client, dataset, "?kind=hidden")
    hidden = Image.objects.filter(state=Image.State.HIDDEN).first()
    assert hidden is not None
    assert "1 image shown again" in act(client, dataset, "show", kind="hidden", image=hidden.pk)[1]
    assert "3 images shown again" in act(client, dataset, "show", kind="hidden", all="1")[1]
    assert "Nothing is hidden" in page(client, dataset, "?kind=hidden")


def test_telling_apart_is_remembered_by_who_said_it(dataset: Dataset, alice: User) -> None:
    client = client_of("alice")
    small = named(dataset, "coffee small.jpg")
    said = act(client, dataset, "apart", group=group_key(dataset), image=small.pk)[1]
    assert "Remembered: coffee small.jpg is no copy." in said
    assert DistinctPair.objects.filter(said_by=alice).count() == 3
    assert "Remembered" in act(client, dataset, "apart", group=group_key(dataset))[1]
    assert "No copies" in page(client, dataset)
    assert "equal byte by byte" in act(client, dataset, "apart", kind="exact", group=group_key(dataset, Kind.EXACT))[1]


def test_the_others_go_into_a_collection_of_ones_own_only(dataset: Dataset, alice: User, bob: User) -> None:
    client, key = client_of("alice"), group_key(dataset)
    others = Collection.objects.create(owner=bob, name="Bob's", visibility=Collection.Visibility.PUBLIC)
    own = Collection.objects.create(owner=alice, name="Mine")
    for absurd in (others.pk, "", "x", "9" * 30):
        assert (
            "Choose one of your collections first" in act(client, dataset, "collect", group=key, collection=absurd)[1]
        )
    assert "4 images put into" in act(client, dataset, "collect", group=key, collection=own.pk)[1]
    assert others.images.count() == 0
    assert own.images.count() == 4


@pytest.mark.parametrize("key", ["", "x", "0", "9" * 30, "-1"])
def test_a_group_that_is_gone_is_said_to_be_gone(dataset: Dataset, key: str) -> None:
    assert "no longer there" in act(client_of("alice"), dataset, "hide", group=key)[1]


def test_an_image_of_another_group_is_refused(dataset: Dataset) -> None:
    cat = named(dataset, "cat.jpg")
    said = act(client_of("alice"), dataset, "keep", group=group_key(dataset), image=cat.pk)[1]
    assert "no longer in the group" in said


@pytest.mark.parametrize("distance", ["-1", "99", "x", "1.5"])
def test_an_absurd_distance_is_refused_in_a_sentence(dataset: Dataset, distance: str) -> None:
    response = client_of("alice").post(
        reverse("duplicates-find", args=[dataset.slug]), {"distance": distance}, follow=True
    )
    assert "must be" in response.content.decode()
    assert not Run.objects.exists()
    assert DuplicateScan.objects.get().most_distance == 14


def test_the_list_is_a_file_that_marks_what_to_keep(dataset: Dataset) -> None:
    response = client_of("anonymous").get(reverse("duplicates-csv", args=[dataset.slug]) + "?kind=near")
    text = downloaded(response).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    assert [row["keep"] for row in rows] == ["yes", "no", "no", "no", "no"]
    assert rows[-1]["name"] == "coffee small.jpg"
    assert client_of("alice").get(reverse("duplicates-csv", args=[dataset.slug]) + "?kind=x").status_code == 404


def test_the_page_of_an_image_shows_its_copies(dataset: Dataset) -> None:
    page = client_of("anonymous").get(reverse("image", args=[named(dataset, "coffee.png").pk]))
    shown = on_one_line(page.content.decode())
    assert "coffee mirrored.jpg" in shown
    assert "equal file" in shown
    assert "near copy" in shown


def test_collapsed_results_say_what_stands_behind_a_hit(dataset: Dataset) -> None:
    address = reverse("search")
    shown = client_of("anonymous").get(f"{address}?dataset={dataset.slug}&q=red&collapse=1").content.decode()
    assert "+4 similar copies" in shown
    assert "+1 similar copy<" in shown
    assert shown.count('class="cell"') == 3
    assert "copies collapsed" in shown
    refused = client_of("anonymous").get(f"{address}?dataset={dataset.slug}&q=red&collapse=perhaps")
    assert refused.status_code == 400
    assert "collapse" in refused.content.decode()


def test_a_dataset_that_was_never_compared_says_what_to_do(make_dataset: MakeDataset, tmp_path: Path) -> None:
    other = make_dataset(tmp_path, name="Other")
    assert "Not compared yet" in page(client_of("anonymous"), other)
