"""Tags and copies as programs see and change them."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import Dataset, ImageTag, Tag
from search.tags.by_hand import count_usage, tag_images
from tests.api.test_listing import pages
from tests.conftest import MakeDataset
from tests.ingest.copies import compare, index, named, put_photographs
from tests.web.collections.kept import client_of

KINDS = ("near", "exact")


def test_a_tag_that_was_taken_away_is_remembered(private: Dataset, alice: User) -> None:
    client, secret = client_of("alice"), private.images.get(name="secret.png")
    sure = Tag.objects.create(dataset=private, name="sea")
    ImageTag.objects.create(tag=sure, image=secret, confidence=0.75)
    count_usage([sure.pk])
    address = reverse("api-image-tags", args=[secret.pk])
    assert client.get(address).json()["tags"] == [{"name": "sea", "confidence": 0.75}]
    added = client.post(address, {"name": " Night "}, content_type="application/json").json()
    assert added["tags"] == [{"name": "Night", "confidence": None}, {"name": "sea", "confidence": 0.75}]
    remove = reverse("api-image-tags-remove", args=[secret.pk])
    left = client.post(remove, {"name": "SEA"}, content_type="application/json").json()
    assert (left["tags"], left["rejected"]) == ([{"name": "Night", "confidence": None}], ["sea"])
    assert client.get(reverse("api-tags", args=["secrets"])).json() == {
        "dataset": "Secrets",
        "tags": [{"name": "Night", "images": 1}],
    }
    refused = client.post(address, {"name": "  "}, content_type="application/json")
    assert (refused.status_code, "1 to 80 characters" in refused.json()["detail"]) == (400, True)


def test_tags_come_by_how_many_images_carry_them(public: Dataset, client: Client) -> None:
    tag_images(public.images.all(), "small")
    tag_images(public.images.filter(name="red.png"), "warm")
    address = reverse("api-tags", args=["pictures"])
    assert [(tag["name"], tag["images"]) for tag in client.get(address).json()["tags"]] == [("small", 4), ("warm", 1)]
    assert [tag["name"] for tag in client.get(address, {"limit": 1}).json()["tags"]] == ["small"]


def test_copies_of_an_image_and_groups_tell_equal_files_from_near_ones(
    make_dataset: MakeDataset, tmp_path: Path, client: Client
) -> None:
    put_photographs(tmp_path / "photos")
    dataset = index(make_dataset(tmp_path / "photos"))
    compare(dataset)
    coffee = named(dataset, "coffee.png")
    rows = client.get(reverse("api-image-duplicates", args=[coffee.pk])).json()["duplicates"]
    assert (rows[0]["name"], rows[0]["kind"], rows[0]["distance"]) == ("coffee equal.png", "exact", None)
    assert {row["kind"] for row in rows[1:]} == {"near"}
    assert "coffee small.jpg" in {row["name"] for row in rows}
    address = reverse("api-duplicates", args=[dataset.slug])
    near, exact = ([group for page in pages(client, address, "groups", kind=kind) for group in page] for kind in KINDS)
    assert "coffee small.jpg" in {image["name"] for image in near[0]["images"]}
    assert sorted(len(group["images"]) for group in exact) == [2, 2]
    assert all(group["count"] == len(group["images"]) for group in (*near, *exact))
    refused = client.get(address, {"kind": "odd"})
    assert (refused.status_code, "one of exact, near" in refused.json()["detail"]) == (400, True)
