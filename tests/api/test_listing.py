"""Lists of datasets, images, runs and points: what they hold, page after page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.maps.draw import newest_projection
from search.models import Dataset, Image
from search.tags.by_hand import tag_images
from tests.conftest import MakeDataset, MakeImages
from workers.models import Run


def pages(client: Client, address: str, name: str, **parameters: str | int) -> list[list[Any]]:
    """The rows of every page, as the cursors lead through them."""
    found = []
    cursor = ""
    while True:
        answer = client.get(address, {**parameters, "cursor": cursor}).json()
        found.append(answer[name])
        cursor = answer["cursor"]
        if not cursor:
            return found


def test_datasets_come_by_name_with_what_answers_for_them(public: Dataset, private: Dataset, client: Client) -> None:
    (row,) = client.get(reverse("api-datasets")).json()["datasets"]
    assert (row["name"], row["slug"], row["searchable"], row["encoder"], row["index_version"], row["manageable"]) == (
        "Pictures",
        "pictures",
        4,
        "fake/colours/32",
        1,
        False,
    )
    client.force_login(User.objects.get(username="alice"))
    listed = pages(client, reverse("api-datasets"), "datasets", limit=1)
    assert [[one["name"] for one in page] for page in listed] == [["Pictures"], ["Secrets"]]


def test_one_dataset_tells_its_counts_and_versions(public: Dataset, client: Client) -> None:
    Image.objects.filter(name="red.png").update(state=Image.State.MISSING)
    answer = client.get(reverse("api-dataset", args=["pictures"])).json()
    assert answer["images"] == {"total": 4, "ready": 3, "failed": 0, "missing": 1}
    (version,) = answer["versions"]
    assert (version["number"], version["live"], version["count"], version["state"]) == (1, True, 4, "ready")


def test_images_come_once_each_over_all_pages(public: Dataset, client: Client) -> None:
    listed = pages(client, reverse("api-images", args=["pictures"]), "images", limit=3)
    assert [len(page) for page in listed] == [3, 1]
    assert {image["name"] for page in listed for image in page} == {"red.png", "blue.png", "green.png", "white.png"}


def test_images_that_meet_conditions_are_counted_and_paged(public: Dataset, client: Client) -> None:
    tag_images(Image.objects.exclude(name="blue.png"), "warm")
    address = reverse("api-images", args=["pictures"])
    assert client.get(address, {"tag": "WARM", "limit": "1"}).json()["total"] == 3
    listed = pages(client, address, "images", tag="warm", limit=2)
    assert [len(page) for page in listed] == [2, 1]
    assert client.get(address, {"tag": "warm", "name": "red"}).json()["images"][0]["name"] == "red.png"
    assert client.get(address, {"orientation": "portrait"}).json() == {
        "dataset": "Pictures",
        "total": 0,
        "images": [],
        "cursor": "",
    }


def test_an_image_deleted_meanwhile_shifts_nothing(public: Dataset, client: Client) -> None:
    address = reverse("api-images", args=["pictures"])
    first = client.get(address, {"limit": 2}).json()
    Image.objects.filter(pk=first["images"][-1]["image_id"]).delete()
    following = client.get(address, {"limit": 2, "cursor": first["cursor"]}).json()["images"]
    seen = {image["image_id"] for image in first["images"]}
    assert len(following) == 2
    assert not seen & {image["image_id"] for image in following}


def test_one_image_tells_its_metadata_and_tags(public: Dataset, client: Client) -> None:
    red = public.images.get(name="red.png")
    tag_images(Image.objects.filter(pk=red.pk), "warm")
    answer = client.get(reverse("api-image", args=[red.pk])).json()
    expected = {"name": "red.png", "width": 640, "height": 480, "format": "PNG", "state": "ready", "problem": ""}
    assert {name: answer[name] for name in expected} == expected
    assert (answer["tags"], answer["checksum"], answer["taken_at"]) == (["warm"], red.checksum, None)


def test_similar_images_come_in_the_shape_of_a_search(public: Dataset, client: Client) -> None:
    red = public.images.get(name="red.png")
    answer = client.get(reverse("api-similar", args=[red.pk]), {"k": 2}).json()
    assert answer["query"] == f"image:{red.pk}"
    assert len(answer["hits"]) == 2
    assert red.pk not in {hit["image_id"] for hit in answer["hits"]}
    rest = client.get(reverse("api-similar", args=[red.pk]), {"k": 2, "cursor": answer["cursor"]}).json()
    assert [hit["rank"] for hit in rest["hits"]] == [3]


def test_runs_come_newest_first_and_can_be_narrowed_down(public: Dataset, client: Client) -> None:
    made = [Run.objects.create(dataset=public, kind=Run.Kind.INDEX, encoder="e", state="done") for _ in range(3)]
    failed = Run.objects.create(dataset=public, kind=Run.Kind.PLAN, encoder="e", state=Run.State.FAILED)
    listed = pages(client, reverse("api-runs"), "runs", limit=3)
    assert [[run["id"] for run in page] for page in listed] == [
        [failed.pk, made[2].pk, made[1].pk],
        [made[0].pk],
    ]
    narrowed = client.get(reverse("api-runs"), {"state": "failed", "dataset": "pictures"}).json()["runs"]
    assert [(run["id"], run["kind"]) for run in narrowed] == [(failed.pk, "plan")]
    assert client.get(reverse("api-run", args=[failed.pk])).json() == narrowed[0] | {
        "elapsed_seconds": pytest.approx(narrowed[0]["elapsed_seconds"], abs=60),
        "words": narrowed[0]["words"],
    }


def test_a_map_gives_each_image_a_place(public: Dataset, client: Client) -> None:
    drawn = newest_projection(public)
    assert drawn is not None
    (row,) = client.get(reverse("api-projections", args=["pictures"])).json()["projections"]
    assert (row["id"], row["live"], row["count"], row["index_version"]) == (drawn.pk, True, 4, 1)
    assert client.get(reverse("api-projection", args=["pictures", drawn.pk])).json() == row
    listed = pages(client, reverse("api-points", args=["pictures", drawn.pk]), "points", limit=3)
    assert [len(page) for page in listed] == [3, 1]
    points = {point["image_id"]: (point["x"], point["y"]) for page in listed for point in page}
    assert set(points) == set(public.images.values_list("pk", flat=True))
    (first,) = client.get(reverse("map-points", args=["pictures", drawn.pk]), {"index": 0}).json()["points"]
    assert points[first["image"]] == (first["x"], first["y"])


@pytest.mark.parametrize("cursor", ["x", "a:b:c", "." * 501])
def test_a_cursor_that_is_none_is_refused(public: Dataset, client: Client, cursor: str) -> None:
    for address in (reverse("api-datasets"), reverse("api-images", args=["pictures"]), reverse("api-runs")):
        answer = client.get(address, {"cursor": cursor})
        assert answer.status_code == 400
        assert "The cursor is damaged" in answer.json()["detail"]


def test_a_cursor_of_another_list_is_refused(
    public: Dataset, make_images: MakeImages, make_dataset: MakeDataset, client: Client
) -> None:
    cursor = client.get(reverse("api-images", args=["pictures"]), {"limit": 1}).json()["cursor"]
    make_dataset(make_images("others"), name="Others")
    for address, parameters in (
        (reverse("api-images", args=["others"]), {}),
        (reverse("api-images", args=["pictures"]), {"name": "red"}),
        (reverse("api-runs"), {}),
    ):
        answer = client.get(address, {**parameters, "cursor": cursor})
        assert answer.status_code == 400
        assert "belongs to another list" in answer.json()["detail"]


@pytest.mark.parametrize("limit", ["0", "1001", "many", "-1", ""])
def test_a_page_has_a_sensible_length(public: Dataset, client: Client, limit: str) -> None:
    answer = client.get(reverse("api-images", args=["pictures"]), {"limit": limit})
    assert answer.status_code == 400
    assert "from 1 to 1000" in answer.json()["detail"]
