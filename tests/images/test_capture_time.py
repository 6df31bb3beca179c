"""When a picture was taken: read where a camera wrote it down, unknown where it makes no sense, never a failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from PIL import ExifTags
from PIL import Image as Pillow
from pytest_django import Settings

from search.images.derivatives import derive_images, read_picture
from search.ingest.records import ingest_chunk
from search.models import Image
from tests.conftest import MakeDataset, files_of

MOMENT = datetime(2024, 5, 31, 18, 30, 15, tzinfo=UTC)


def save(path: Path, time: object, offset: object = None) -> Path:
    exif = Pillow.Exif()
    exif[ExifTags.Base.Make] = "a camera"  # without one such field Pillow writes none
    camera = exif.get_ifd(ExifTags.IFD.Exif)
    camera[ExifTags.Base.DateTimeOriginal] = time
    if offset is not None:
        camera[ExifTags.Base.OffsetTimeOriginal] = offset
    Pillow.new("RGB", (40, 20)).save(path, exif=exif)
    return path


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_it_reads_the_time_with_its_offset(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"a.{suffix}", "2024:05:31 20:30:15", "+02:00")
    assert read_picture(path).taken_at == datetime(2024, 5, 31, 20, 30, 15, tzinfo=timezone(timedelta(hours=2)))
    assert read_picture(path).taken_at == MOMENT


@pytest.mark.parametrize("offset", [None, "", "   :  ", "somewhere"])
def test_without_an_offset_it_is_the_time_of_the_site(tmp_path: Path, settings: Settings, offset: str | None) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    assert read_picture(save(tmp_path / "a.jpg", "2024:05:31 20:30:15", offset)).taken_at == MOMENT


@pytest.mark.parametrize(
    "time",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2024:13:31 20:30:15",
        "2024:05:31 25:30:15",
        "0001:01:01 00:00:00",
        "9999:12:31 23:59:59",
        "yesterday",
        "",
        b"\xff\xfe\x00",
        17,
    ],
)
def test_what_makes_no_sense_is_unknown(tmp_path: Path, time: object) -> None:
    assert read_picture(save(tmp_path / "a.jpg", time)).taken_at is None


def test_a_picture_without_or_with_damaged_exif_is_read(tmp_path: Path) -> None:
    Pillow.new("RGB", (40, 20)).save(tmp_path / "plain.png")
    Pillow.new("RGB", (40, 20)).save(
        tmp_path / "odd.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\xff\xff\xff\xff"
    )
    assert read_picture(tmp_path / "plain.png").taken_at is None
    assert read_picture(tmp_path / "odd.jpg").taken_at is None


def test_an_image_keeps_the_time_and_another_content_replaces_it(make_dataset: MakeDataset, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    dataset = make_dataset(folder)

    def derived() -> Image:
        ids = ingest_chunk(dataset, files_of(dataset)).image_ids
        derive_images(list(Image.objects.filter(pk__in=ids).select_related("dataset")))
        return Image.objects.get()

    save(folder / "a.jpg", "2024:05:31 20:30:15", "+02:00")
    assert derived().taken_at == MOMENT
    Pillow.new("RGB", (41, 20)).save(folder / "a.jpg")
    assert derived().taken_at is None
