"""Derivatives: geometry, orientation, transparency, and files that are no pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from search.errors import UnreadableImage
from search.files.paths import derivative_path
from search.images.derivatives import SHORT_SIDE, derive_images, read_picture
from search.ingest.records import ingest_chunk
from search.models import Image
from tests.conftest import MakeDataset, files_of

RED, BLUE = (255, 0, 0), (0, 0, 255)


def half_red_half_blue(size: tuple[int, int]) -> Pillow.Image:
    picture = Pillow.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return picture


def test_it_bounds_the_short_side_and_keeps_the_ratio(tmp_path: Path) -> None:
    half_red_half_blue((3000, 2000)).save(tmp_path / "large.jpg")
    picture, width, height, image_format, _ = read_picture(tmp_path / "large.jpg")
    assert (width, height, image_format) == (3000, 2000, "JPEG")
    assert picture.size == (SHORT_SIDE * 3 // 2, SHORT_SIDE)


def test_it_never_enlarges(tmp_path: Path) -> None:
    half_red_half_blue((90, 60)).save(tmp_path / "small.png")
    assert read_picture(tmp_path / "small.png")[0].size == (90, 60)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_applies_every_exif_orientation(tmp_path: Path, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    half_red_half_blue((40, 20)).save(tmp_path / "turned.png", exif=exif)
    picture, width, height, *_ = read_picture(tmp_path / "turned.png")
    assert picture.size == (width, height) == ((20, 40) if orientation >= 5 else (40, 20))
    red_corner = {1: "top left", 4: "top left", 5: "top left", 6: "top left"}.get(orientation)
    corner = picture.getpixel((0, 0))
    assert corner == (RED if red_corner else BLUE)


def test_it_cuts_a_transparent_border_away_and_flattens_on_white(tmp_path: Path) -> None:
    cutout = Pillow.new("RGBA", (100, 100), (0, 0, 0, 0))
    cutout.paste((255, 0, 0, 255), (20, 30, 60, 80))
    cutout.putpixel((25, 35), (0, 0, 0, 0))
    cutout.save(tmp_path / "cutout.png")
    picture = read_picture(tmp_path / "cutout.png")[0]
    assert picture.size == (40, 50)
    assert picture.getpixel((0, 0)) == RED
    assert picture.getpixel((5, 5)) == (255, 255, 255)


def test_it_stretches_sixteen_bit_greys(tmp_path: Path) -> None:
    ramp = np.linspace(1000, 5000, 64 * 64, dtype=np.uint16).reshape(64, 64)
    Pillow.fromarray(ramp).save(tmp_path / "deep.png")
    values = np.asarray(read_picture(tmp_path / "deep.png")[0])
    assert values.min() == 0
    assert values.max() == 255


def test_it_reads_cmyk(tmp_path: Path) -> None:
    Pillow.new("CMYK", (64, 64), (0, 255, 255, 0)).save(tmp_path / "print.jpg")
    red, green, blue = np.asarray(read_picture(tmp_path / "print.jpg")[0])[32, 32]
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.jpg", b"", "not an image"),
        ("text.jpg", b"this is a letter", "not an image"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
    ],
)
def test_it_says_why_a_file_is_no_picture(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableImage, match=reason):
        read_picture(tmp_path / name)


def test_it_refuses_a_truncated_photo(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    Pillow.fromarray(noise).save(tmp_path / "whole.jpg")
    whole = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableImage, match="damaged or incomplete"):
        read_picture(tmp_path / "cut.jpg")


def test_it_does_not_call_a_file_damaged_that_may_only_be_too_large(tmp_path: Path) -> None:
    whole = tmp_path / "whole.png"
    Pillow.new("1", (12_000, 12_000)).save(whole)
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:1000])
    with pytest.raises(UnreadableImage, match="is damaged or needs more memory than a worker may use"):
        read_picture(tmp_path / "cut.png")


def test_it_refuses_more_pixels_than_the_site_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.images.derivatives._MOST_PIXELS", 100 * 100)
    Pillow.new("L", (101, 101)).save(tmp_path / "bomb.png")
    with pytest.raises(UnreadableImage, match="CLIPSITE_MAX_IMAGE_MEGAPIXELS"):
        read_picture(tmp_path / "bomb.png")


def test_it_records_sizes_and_failures_and_may_run_twice(tmp_path: Path, make_dataset: MakeDataset) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    half_red_half_blue((800, 600)).save(folder / "good.jpg")
    (folder / "bad.jpg").write_bytes(b"not a picture")
    dataset = make_dataset(folder)
    ids = ingest_chunk(dataset, files_of(dataset)).image_ids
    for _ in range(2):
        outcome = derive_images(list(Image.objects.filter(pk__in=ids).select_related("dataset")))
        assert [failure.name for failure in outcome.failures] == ["bad.jpg"]
    good = dataset.images.get(name="good.jpg")
    assert outcome.done_ids == (good.pk,)
    assert (good.state, good.width, good.height, good.format) == (Image.State.READY, 800, 600, "JPEG")
    assert derivative_path(dataset.pk, good.checksum).is_file()
    assert dataset.images.get(name="bad.jpg").state == Image.State.FAILED


@pytest.mark.parametrize(("kind", "value"), [(2, b"six\0"), (1, b"\x06\0\0\0"), (7, b"\x06six"), (3, b"\x63\0\0\0")])
def test_it_reads_a_picture_whose_orientation_makes_no_sense(tmp_path: Path, kind: int, value: bytes) -> None:
    entry = (0x0112).to_bytes(2, "little") + kind.to_bytes(2, "little") + (4 if kind != 3 else 1).to_bytes(4, "little")
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + value + bytes(4)
    half_red_half_blue((40, 20)).save(tmp_path / "odd.jpg", exif=exif)
    assert read_picture(tmp_path / "odd.jpg")[1:3] == (40, 20)


def test_it_refuses_a_damaged_avif(tmp_path: Path) -> None:
    half_red_half_blue((400, 200)).save(tmp_path / "whole.avif")
    content = bytearray((tmp_path / "whole.avif").read_bytes())
    refused = 0
    for position in range(12, len(content), 7):
        damaged = bytes(content[:position]) + bytes(16) + bytes(content[position + 16 :])
        (tmp_path / "damaged.avif").write_bytes(damaged)
        try:
            read_picture(tmp_path / "damaged.avif")
        except UnreadableImage:
            refused += 1
    assert refused > 0
