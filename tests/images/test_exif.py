"""What a camera wrote of itself: in words, and nothing where it makes no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags
from PIL import Image as Pillow
from PIL.TiffImagePlugin import IFDRational

from search.images.exif import ImageMetadata, read_metadata
from tests.ingest.corpus import CASES, Case

Base, Gps = ExifTags.Base, ExifTags.GPS


def save(path: Path, base: dict[int, Any], details: dict[int, Any], place: dict[int, Any]) -> Path:
    exif = Pillow.Exif()
    exif.update(base)
    exif.get_ifd(ExifTags.IFD.Exif).update(details)
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(place)
    Pillow.new("RGB", (40, 20)).save(path, exif=exif)
    return path


def test_it_reads_camera_lens_exposure_and_place(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.jpg",
        {Base.Make: "NIKON CORPORATION", Base.Model: "NIKON D750"},
        {
            Base.LensModel: "50.0 mm f/1.8\0\0",
            Base.ExposureTime: IFDRational(1, 250),
            Base.FNumber: IFDRational(28, 10),
            Base.ISOSpeedRatings: 400,
            Base.FocalLength: IFDRational(50, 1),
        },
        {
            Gps.GPSLatitude: (33.0, 51.0, 25.2),
            Gps.GPSLatitudeRef: "S",
            Gps.GPSLongitude: (151.0, 12.0, 54.0),
            Gps.GPSLongitudeRef: "E",
        },
    )
    assert read_metadata(path) == ImageMetadata(
        "NIKON D750", "50.0 mm f/1.8", "1/250 s, f/2.8, ISO 400, 50 mm", (-33.857, 151.215)
    )


@pytest.mark.parametrize(
    ("make", "model", "words"),
    [("Canon", "Canon EOS 5D", "Canon EOS 5D"), ("Apple", "iPhone 12", "Apple iPhone 12"), ("", "X100", "X100")],
)
def test_it_names_the_maker_once(tmp_path: Path, make: str, model: str, words: str) -> None:
    assert read_metadata(save(tmp_path / "a.jpg", {Base.Make: make, Base.Model: model}, {}, {})).camera == words


def test_a_long_time_is_no_fraction(tmp_path: Path) -> None:
    assert read_metadata(save(tmp_path / "a.jpg", {}, {Base.ExposureTime: 2.5}, {})).exposure == "2.5 s"


@pytest.mark.parametrize(
    ("details", "place"),
    [
        ({Base.ExposureTime: IFDRational(1, 0), Base.FNumber: IFDRational(0, 1)}, {}),
        ({Base.ISOSpeedRatings: 0}, {Gps.GPSLatitude: (95.0, 0.0, 0.0), Gps.GPSLongitude: (10.0, 0.0, 0.0)}),
        ({}, {Gps.GPSLatitude: (0.0, 0.0, 0.0), Gps.GPSLongitude: (0.0, 0.0, 0.0)}),
        ({}, {Gps.GPSLatitude: (IFDRational(1, 0),) * 3, Gps.GPSLongitude: (10.0, 0.0, 0.0)}),
    ],
)
def test_what_makes_no_sense_is_unknown(tmp_path: Path, details: dict[int, Any], place: dict[int, Any]) -> None:
    assert read_metadata(save(tmp_path / "a.jpg", {}, details, place)) == ImageMetadata()


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.name))
def test_no_file_makes_it_fail(tmp_path: Path, case: Case) -> None:
    case.write(tmp_path / case.name)
    assert read_metadata(tmp_path / case.name).place is None


def test_a_file_that_is_gone_says_nothing(tmp_path: Path) -> None:
    assert read_metadata(tmp_path / "gone.jpg") == ImageMetadata()
