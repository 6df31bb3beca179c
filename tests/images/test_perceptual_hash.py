"""Copies of a photograph have nearly its hash, other photographs have not."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image as Pillow
from PIL import ImageDraw, ImageEnhance, ImageOps

from search.duplicates.pairs import NEAR_DISTANCE
from search.files.paths import derivative_path
from search.images.derivatives import derive_images
from search.images.perceptual_hash import distances, hash_of_file, perceptual_hash
from search.ingest.records import ingest_chunk
from search.models import Image
from tests.conftest import MakeDataset, files_of

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "retina.jpg")


def photograph(name: str) -> Pillow.Image:
    return Pillow.open(Path(skimage.__file__).parent / "data" / name).convert("RGB")


def encoded_again(picture: Pillow.Image) -> Pillow.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=30)
    return Pillow.open(file)


def half_as_large(picture: Pillow.Image) -> Pillow.Image:
    return picture.resize((picture.width // 2, picture.height // 2))


def cropped(picture: Pillow.Image) -> Pillow.Image:
    x, y = round(picture.width * 0.02), round(picture.height * 0.02)
    return picture.crop((x, y, picture.width - x, picture.height - y))


def brighter(picture: Pillow.Image) -> Pillow.Image:
    return ImageEnhance.Brightness(picture).enhance(1.25)


def marked(picture: Pillow.Image) -> Pillow.Image:
    copy = picture.copy()
    ImageDraw.Draw(copy).text((picture.width // 2, picture.height * 0.9), "SAMPLE 2026", "white", font_size=20)
    return copy


def distance(left: int, right: int) -> int:
    return int(distances(np.array([left], np.int64), np.array([right], np.int64))[0])


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize(
    "change", [encoded_again, half_as_large, cropped, brighter, marked, ImageOps.mirror, ImageOps.grayscale]
)
def test_a_copy_has_nearly_the_same_hash(name: str, change: Callable[[Pillow.Image], Pillow.Image]) -> None:
    original = photograph(name)
    assert distance(perceptual_hash(original), perceptual_hash(change(original))) <= NEAR_DISTANCE


def test_other_photographs_have_other_hashes() -> None:
    hashes = [perceptual_hash(photograph(name)) for name in PHOTOGRAPHS]
    assert min(distance(left, right) for left, right in combinations(hashes, 2)) > NEAR_DISTANCE


def test_a_hash_fits_into_a_signed_column() -> None:
    hashes = [perceptual_hash(photograph(name)) for name in PHOTOGRAPHS]
    assert all(-(2**63) <= value < 2**63 for value in hashes)
    assert {value < 0 for value in hashes} == {True, False}


def test_resizing_writes_the_hash_down_and_the_derivative_has_it_too(make_dataset: MakeDataset, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    photograph("coffee.png").save(folder / "coffee.png")
    (folder / "broken.png").write_bytes(b"no picture")
    dataset = make_dataset(folder)
    ingest_chunk(dataset, files_of(dataset))
    derive_images(list(Image.objects.select_related("dataset")))
    read, unread = dataset.images.get(name="coffee.png"), dataset.images.get(name="broken.png")
    assert unread.perceptual_hash is None
    assert read.perceptual_hash is not None
    again = hash_of_file(derivative_path(dataset.pk, read.checksum))
    assert again is not None
    assert distance(again, read.perceptual_hash) <= 2


def test_a_damaged_or_lost_derivative_has_no_hash(tmp_path: Path) -> None:
    assert hash_of_file(tmp_path / "gone.jpg") is None
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    assert hash_of_file(tmp_path / "bad.jpg") is None
    whole = io.BytesIO()
    photograph("coffee.png").save(whole, "JPEG")
    (tmp_path / "half.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    assert hash_of_file(tmp_path / "half.jpg") is None


def test_one_flat_colour_is_no_error(tmp_path: Path) -> None:
    for size in ((1, 1), (1, 500), (640, 480)):
        assert isinstance(perceptual_hash(Pillow.new("RGB", size, "red")), int)
