"""The encoder assigns tags, people correct them, and what they said stands through every later run."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from search.embeddings.store import encoder_record, store_embeddings
from search.errors import NotSearchable
from search.filters.filters import matching_ids
from search.models import Dataset, Image, ImageTag, RejectedTag, Tag, Tagging
from search.tags.assign import assign_tags
from search.tags.by_hand import tag_images, untag_images
from search.tags.image_tags import grouped_tags, rejected_on, tags_of, used_tags
from search.tags.vocabulary import set_vocabulary, words_of
from search.values import Filters
from search.versions.build import build_version
from tests.conftest import FAKE_ENCODER, MakeDataset
from tests.fake_encoder import DIMENSION, FakeTextTower

COLOURS = ("red", "blue", "lime", "gold", "pink", "navy", "white", "olive", "cyan", "brown")
GREYS = tuple(f"#{red:x}{green:x}{blue:x}" for red, green, blue in product((126, 128, 130), repeat=3)) * 3
"""What most images show, and no word names."""


def add(dataset: Dataset, *colours: str) -> list[Image]:
    """One image a colour, encoded."""
    start = dataset.images.count()
    images = [
        Image.objects.create(
            dataset=dataset,
            name=f"{number}-{colour}.png",
            checksum=f"{number:064x}"[::-1],
            byte_size=1,
            modified_ns=1,
            state=Image.State.READY,
        )
        for number, colour in enumerate(colours, start=start + 1)
    ]
    vectors = FakeTextTower().encode(colours)
    store_embeddings(encoder_record(FAKE_ENCODER, DIMENSION), [image.pk for image in images], vectors)
    return images


def publish(dataset: Dataset) -> Dataset:
    build_version(dataset, FAKE_ENCODER)
    return Dataset.objects.select_related("live_version__encoder").get(pk=dataset.pk)


@pytest.fixture
def dataset(make_dataset: MakeDataset, tmp_path: Path) -> Dataset:
    made = make_dataset(tmp_path)
    add(made, *COLOURS, *GREYS)
    set_vocabulary(made, "[Warm]\nred\ngold\n[Cold]\nblue\nnavy", 0.5)
    made = publish(made)
    assert assign_tags(made) is not None
    return made


def carriers(dataset: Dataset, name: str) -> set[str]:
    """Colours of the images that carry a tag."""
    names = Image.objects.filter(imagetag__tag__dataset=dataset, imagetag__tag__name=name).values_list(
        "name", flat=True
    )
    return {found.split("-")[1].removesuffix(".png") for found in names}


def one(dataset: Dataset, colour: str) -> Image:
    found = dataset.images.filter(name__endswith=f"-{colour}.png").first()
    assert found is not None
    return found


def test_images_get_the_words_that_they_show(dataset: Dataset) -> None:
    assert "red" in carriers(dataset, "red")
    assert "blue" in carriers(dataset, "blue")
    assert "blue" not in carriers(dataset, "red")
    assert "red" not in carriers(dataset, "navy")
    assert all(0.5 <= tag.confidence <= 1 for tag in ImageTag.objects.all() if tag.confidence is not None)
    assert not ImageTag.objects.filter(confidence=None).exists()


def test_each_tag_knows_how_many_images_carry_it(dataset: Dataset) -> None:
    for tag in Tag.objects.filter(dataset=dataset):
        assert tag.usage == tag.images.count() > 0
    usages = [tag.usage for tag in used_tags(dataset, 100)]
    assert usages == sorted(usages, reverse=True)
    assert {group.name for group in grouped_tags(dataset, words_of(dataset), 100)} <= {"Warm", "Cold"}


def test_a_filter_finds_both_kinds_but_no_rejected_ones(dataset: Dataset) -> None:
    added, removed = one(dataset, "white"), one(dataset, "red")
    tag_images(Image.objects.filter(pk=added.pk), "RED")
    untag_images(Image.objects.filter(pk=removed.pk), "red")
    found = set(matching_ids(dataset, Filters(tags=("red",))).tolist())
    assert found == set(ImageTag.objects.filter(tag__name="red").values_list("image_id", flat=True))
    assert added.pk in found
    assert removed.pk not in found
    assert Tag.objects.get(dataset=dataset, name="red").usage == len(found)


def test_what_people_said_survives_assigning_anew(dataset: Dataset) -> None:
    added, removed, confirmed = one(dataset, "white"), one(dataset, "red"), one(dataset, "blue")
    tag_images(Image.objects.filter(pk__in=[added.pk]), "red")
    untag_images(Image.objects.filter(pk=removed.pk), "red")
    tag_images(Image.objects.filter(pk=confirmed.pk), "blue")
    assert assign_tags(dataset, afresh=True) is not None
    set_vocabulary(dataset, "red\ngold\nblue", 0.4)
    assert assign_tags(dataset) is not None
    assert [(tag.name, tag.confidence) for tag in tags_of(added) if tag.name == "red"] == [("red", None)]
    assert "red" not in [tag.name for tag in tags_of(removed)]
    assert rejected_on(removed) == ["red"]
    assert [tag.confidence for tag in tags_of(confirmed) if tag.name == "blue"] == [None]


def test_who_adds_a_rejected_tag_takes_the_rejection_back(dataset: Dataset) -> None:
    image = Image.objects.filter(pk=one(dataset, "red").pk)
    untag_images(image, "red")
    tag_images(image, "red")
    assert not RejectedTag.objects.exists()
    assert "red" in [tag.name for tag in tags_of(image.get())]


def test_words_that_leave_the_vocabulary_go_unless_people_use_them(dataset: Dataset) -> None:
    tag_images(Image.objects.filter(pk=one(dataset, "white").pk), "gold")
    set_vocabulary(dataset, "red\nblue", 0.5)
    assign_tags(dataset)
    assert set(Tag.objects.values_list("name", flat=True)) == {"red", "blue", "gold"}
    assert Tag.objects.get(name="gold").usage == 1


def test_unchanged_images_are_not_looked_at_again(dataset: Dataset) -> None:
    assert assign_tags(dataset) is None
    before = set(ImageTag.objects.values_list("pk", flat=True))
    new = add(dataset, "red", "white")
    published = publish(dataset)
    assigned = assign_tags(published)
    assert assigned is not None
    assert assigned.images == 2
    assert before <= set(ImageTag.objects.values_list("pk", flat=True))
    assert "red" in [tag.name for tag in tags_of(new[0])]
    assert assign_tags(published) is None


def test_a_replaced_picture_gets_other_tags(dataset: Dataset) -> None:
    image = one(dataset, "red")
    image.checksum = "f" * 64
    image.save()
    record = encoder_record(FAKE_ENCODER, DIMENSION)
    store_embeddings(record, [image.pk], FakeTextTower().encode(["blue"]))
    assigned = assign_tags(publish(dataset))
    assert assigned is not None
    assert assigned.images == 1
    assert "blue" in [tag.name for tag in tags_of(image)]
    assert "red" not in [tag.name for tag in tags_of(image)]


def test_scales_are_taken_anew_when_the_dataset_has_grown(dataset: Dataset) -> None:
    add(dataset, *COLOURS, *GREYS, "red")
    assigned = assign_tags(publish(dataset))
    assert assigned is not None
    assert assigned.images == 2 * len(COLOURS + GREYS) + 1


def test_a_run_that_ends_in_the_middle_is_made_up_for(dataset: Dataset) -> None:
    def stop(done: int, total: int) -> None:
        raise InterruptedError

    tags = set(ImageTag.objects.values_list("tag__name", "image"))
    set_vocabulary(dataset, "red\ngold\nblue\nnavy\nwhite", 0.5)
    with pytest.raises(InterruptedError):
        assign_tags(dataset, stop)
    assert assign_tags(dataset) is not None
    assert tags <= set(ImageTag.objects.values_list("tag__name", "image"))
    assert "white" in carriers(dataset, "white")
    assert Tagging.objects.get().words == words_of(dataset).fingerprint()


def test_a_dataset_without_an_index_is_refused(make_dataset: MakeDataset, tmp_path: Path) -> None:
    with pytest.raises(NotSearchable, match="Index it first"):
        assign_tags(make_dataset(tmp_path, name="Empty"))
