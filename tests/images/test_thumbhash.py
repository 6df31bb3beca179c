"""What stands for an image until it arrives: small, made while it is resized, and made later for those without."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from PIL import Image as Pillow

from search.files.paths import derivative_path
from search.images.derivatives import derive_images
from search.images.thumbhash import fill_missing, placeholder_of
from search.ingest.records import ingest_chunk
from search.models import Dataset, Image
from tests.conftest import MakeDataset, MakeImages, files_of


def means(placeholder: str) -> tuple[float, float, float]:
    """Brightness, yellow against blue, red against green, as the format packs them into its first 18 bits."""
    bits = int.from_bytes(base64.b64decode(placeholder)[:3], "little")
    return (bits & 63) / 63, (bits >> 6 & 63) / 31.5 - 1, (bits >> 12 & 63) / 31.5 - 1


@pytest.fixture
def derived(make_images: MakeImages, make_dataset: MakeDataset) -> Dataset:
    dataset = make_dataset(make_images(red="red", blue="blue", grey="gray"))
    ingest_chunk(dataset, files_of(dataset))
    derive_images(list(dataset.images.select_related("dataset")))
    return dataset


@pytest.mark.parametrize("size", [(1, 1), (500, 384), (384, 384), (384, 700), (1536, 2), (2, 1536)])
def test_it_takes_few_bytes_whatever_the_shape(size: tuple[int, int]) -> None:
    noise = Pillow.effect_noise(size, 90).convert("RGB")
    assert 14 <= len(base64.b64decode(placeholder_of(noise))) <= 25
    assert len(placeholder_of(noise)) <= (Image._meta.get_field("placeholder").max_length or 0)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("black", (0, 0, 0)),
        ("white", (1, 0, 0)),
        ("red", (1 / 3, 0.5, 1)),
        ("blue", (1 / 3, -1, 0)),
        ("lime", (1 / 3, 0.5, -1)),
    ],
)
def test_it_keeps_the_colour(colour: str, expected: tuple[float, float, float]) -> None:
    assert means(placeholder_of(Pillow.new("RGB", (400, 300), colour))) == pytest.approx(expected, abs=0.02)


def test_it_tells_left_from_right_and_above_from_below() -> None:
    picture = Pillow.new("RGB", (400, 400), "black")
    picture.paste("white", (200, 0, 400, 400))
    turned = picture.transpose(Pillow.Transpose.FLIP_LEFT_RIGHT)
    upright = picture.transpose(Pillow.Transpose.ROTATE_90)
    assert len({placeholder_of(one) for one in (picture, turned, upright)}) == 3


def test_each_resized_image_has_one(derived: Dataset) -> None:
    placeholders = dict(derived.images.values_list("name", "placeholder"))
    assert means(placeholders["red.png"]) == pytest.approx((1 / 3, 0.5, 1), abs=0.05)
    assert means(placeholders["blue.png"]) == pytest.approx((1 / 3, -1, 0), abs=0.05)


def test_those_that_were_resized_before_get_theirs_once(derived: Dataset) -> None:
    before = dict(derived.images.values_list("name", "placeholder"))
    derived.images.exclude(name="grey.png").update(placeholder="")
    assert fill_missing(derived) == 2
    after = dict(derived.images.values_list("name", "placeholder"))
    for name in ("red.png", "blue.png"):
        assert means(after[name]) == pytest.approx(means(before[name]), abs=0.05)
    assert fill_missing(derived) == 0


def test_a_derivative_that_cannot_be_read_is_passed_by(derived: Dataset) -> None:
    derived.images.update(placeholder="")
    red, blue, grey = (derived.images.get(name=f"{name}.png") for name in ("red", "blue", "grey"))
    path: Path = derivative_path(derived.pk, red.checksum)
    path.write_bytes(b"no picture")
    derivative_path(derived.pk, blue.checksum).unlink()
    assert fill_missing(derived) == 1
    grey.refresh_from_db()
    assert grey.placeholder
