"""Tags on pages: numbers, confidence, correcting by hand, the vocabulary, and who may change what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import Dataset, Image, ImageTag, RejectedTag, Vocabulary
from search.tags.image_tags import tags_of
from search.tags.vocabulary import set_vocabulary
from tests.conftest import MakeDataset, MakeImages
from tests.indexed import index
from tests.library import assigned
from tests.web.test_permissions import client_of
from workers.models import Run


@pytest.fixture
def dataset(transactional_db: None, make_images: MakeImages, make_dataset: MakeDataset, alice: User) -> Dataset:
    """Alice's public dataset, tagged."""
    colours = ("red", "blue", "lime", "white")
    indexed = index(make_dataset(make_images(**{colour: colour for colour in colours}), owner=alice))
    set_vocabulary(indexed, "[Warm]\nred\ngold\n[Cold]\nblue", 0.5)
    assigned(indexed, "red", [indexed.images.get(name="red.png").pk])
    return indexed


def image(dataset: Dataset, name: str = "red.png") -> Image:
    return dataset.images.get(name=name)


def change(client: Client, image: Image, **fields: str) -> tuple[int, str]:
    response = client.post(reverse("image-tags", args=[image.pk]), fields, follow=True)
    return response.status_code, response.content.decode()


@pytest.mark.parametrize(("who", "status"), [("anonymous", 404), ("bob", 404), ("alice", 302), ("staff", 302)])
def test_only_who_manages_changes_tags_of_a_public_dataset(
    dataset: Dataset, bob: User, staff: User, who: str, status: int
) -> None:
    client = client_of(who)
    shown = client.get(reverse("image", args=[image(dataset).pk])).content.decode()
    assert "Tags</h2>" in shown
    assert ("Add a tag" in shown) is (status == 302)
    address = reverse("image-tags", args=[image(dataset).pk])
    assert client.post(address, {"name": "mine"}).status_code == status
    assert ImageTag.objects.filter(tag__name="mine").exists() is (status == 302)
    assert client.get(address).status_code == 405
    tags = client.get(reverse("tags", args=[dataset.slug])).content.decode()
    assert ("Save and assign" in tags) is (status == 302)
    assign = reverse("tags-assign", args=[dataset.slug])
    assert client.post(assign, {"text": "lime", "confidence": "0.5"}).status_code == status
    assert (Vocabulary.objects.get().text == "lime") is (status == 302)
    assert Run.objects.filter(kind=Run.Kind.TAG).exists() is (status == 302)


def test_confidence_is_shown_for_the_encoders_tags_only(dataset: Dataset) -> None:
    client = client_of("alice")
    shown = change(client, image(dataset), name="by hand")[1]
    assert shown.count("percent sure") == 1
    assert ">83<" in shown
    assert shown.count("(given by a person)") == 1
    assert [tag.name for tag in tags_of(image(dataset))] == ["by hand", "red"]


def test_removing_is_remembered_and_adding_takes_it_back(dataset: Dataset) -> None:
    client = client_of("alice")
    assert "Removed by hand: red." in change(client, image(dataset), name="red", remove="1")[1]
    assert RejectedTag.objects.count() == 1
    assert "Removed by hand" not in change(client, image(dataset), name="red")[1]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_that_is_none_is_refused_in_a_sentence(dataset: Dataset, name: str) -> None:
    assert "1 to 80 characters" in change(client_of("alice"), image(dataset), name=name)[1]


@pytest.mark.parametrize(
    ("text", "confidence", "sentence"),
    [
        ("", "0.5", "is empty"),
        ("\n".join(map(str, range(10_000))), "0.5", "2,000 at most"),
        ("red", "7", "must be a number from"),
        ("red", "", "must be a number from"),
    ],
)
def test_a_vocabulary_that_makes_no_sense_is_refused(
    dataset: Dataset, text: str, confidence: str, sentence: str
) -> None:
    address = reverse("tags-assign", args=[dataset.slug])
    response = client_of("alice").post(address, {"text": text, "confidence": confidence}, follow=True)
    assert sentence in response.content.decode()
    assert not Run.objects.exists()
    assert "gold" in Vocabulary.objects.get().text


def test_the_default_list_can_be_taken_again(dataset: Dataset) -> None:
    client_of("alice").post(reverse("tags-assign", args=[dataset.slug]), {"default": "1"})
    assert not Vocabulary.objects.exists()
    assert Run.objects.get().kind == Run.Kind.TAG


def test_tags_lead_to_a_search_for_them(dataset: Dataset) -> None:
    client = client_of("anonymous")
    for address in (reverse("tags", args=[dataset.slug]), reverse("dataset", args=[dataset.slug])):
        assert f"?dataset={dataset.slug}&amp;q=red&amp;tag=red" in client.get(address).content.decode()
    shown = client.get(f"{reverse('search')}?dataset={dataset.slug}&q=red&tag=red")
    assert shown.status_code == 200
    assert "red.png" in shown.content.decode()


def test_a_dataset_without_tags_says_what_to_do(make_dataset: MakeDataset, make_images: MakeImages) -> None:
    other = make_dataset(make_images("other", red="red"), name="Other")
    assert "No tags yet" in client_of("anonymous").get(reverse("tags", args=[other.slug])).content.decode()
