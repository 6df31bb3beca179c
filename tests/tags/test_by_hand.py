"""Tags and collections are filled and emptied, also twice, and go with what they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.collections.membership import collect_images, uncollect_images
from search.datasets.create import dataset_delete
from search.errors import InvalidQuery
from search.models import Collection, CollectionImage, Dataset, Image, ImageTag, Tag
from search.tags.by_hand import tag_images, untag_images
from tests.conftest import MakeDataset
from tests.library import fill


@pytest.fixture
def datasets(make_dataset: MakeDataset) -> list[Dataset]:
    made = [make_dataset(Path("/nowhere"), name=name) for name in ("A", "B")]
    for seed, dataset in enumerate(made):
        fill(dataset, 10, seed)
    return made


def test_a_tag_belongs_to_a_dataset_and_knows_no_case(datasets: list[Dataset]) -> None:
    assert tag_images(Image.objects.all(), " Sunset ") == 20
    assert tag_images(Image.objects.all(), "sunset") == 20
    assert [(tag.dataset, tag.name, tag.images.count()) for tag in Tag.objects.order_by("dataset")] == [
        (datasets[0], "Sunset", 10),
        (datasets[1], "Sunset", 10),
    ]
    assert untag_images(datasets[0].images.all(), "SUNSET") == 10
    assert untag_images(datasets[0].images.all(), "SUNSET") == 0
    assert ImageTag.objects.count() == 10
    for name in ("", " ", "x" * 81):
        with pytest.raises(InvalidQuery, match="1 to 80 characters"):
            tag_images(Image.objects.all(), name)


def test_a_collection_holds_images_of_any_datasets_once(datasets: list[Dataset], alice: User) -> None:
    collection = Collection.objects.create(owner=alice, name="Mine")
    assert collect_images(datasets[0].images.order_by("name")[:4], collection) == 4
    assert collect_images(datasets[0].images.all(), collection) == 6
    assert collect_images(Image.objects.all(), collection) == 10
    assert collect_images(Image.objects.all(), collection) == 0
    assert CollectionImage.objects.count() == 20
    assert uncollect_images(datasets[1].images.all(), collection) == 10
    dataset_delete(datasets[0])
    assert list(collection.images.all()) == []
    assert Collection.objects.get() == collection


def test_the_list_of_images_sorts_them(datasets: list[Dataset], staff: User, client: Client) -> None:
    client.force_login(staff)
    collection = Collection.objects.create(owner=staff, name="Mine")
    ids = list(datasets[0].images.values_list("pk", flat=True)[:3])

    def act(action: str, **fields: object) -> str:
        data = {"action": action, "_selected_action": ids} | fields
        return client.post(reverse("admin:search_image_changelist"), data, follow=True).content.decode()

    assert "3 images carry the tag sea." in act("tag", tag="sea")
    assert "1 to 80 characters" in act("tag")
    assert "3 images no longer carry the tag sea." in act("untag", tag="sea")
    assert "3 images were put into Mine." in act("collect", collection=collection.pk)
    assert "Choose the collection" in act("collect")
    assert "3 images no longer lie in Mine." in act("uncollect", collection=collection.pk)
    for name in ("tag", "collection"):
        assert client.get(reverse(f"admin:search_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:search_{name}_add")).status_code == 200
