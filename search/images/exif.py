"""What a camera wrote of itself into a picture: make, lens, exposure and place, read when somebody asks for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from PIL import ExifTags
from PIL import Image as Pillow

from search.images.decoder_limits import FORMATS

_LONGEST = 80
_FRACTIONS_BELOW = 0.3
"""Seconds: shorter times are written as fractions, as on cameras."""


@dataclass(frozen=True, slots=True)
class ImageMetadata:
    """The camera data of an image, in words as people write them; what is unknown is empty, the place None."""

    camera: str = ""
    lens: str = ""
    exposure: str = ""
    """Time, aperture, sensitivity and focal length."""

    # Read from the original for each page and stored nowhere: only who manages the dataset sees the place.
    place: tuple[float, float] | None = None
    """Degrees north and east."""


def read_metadata(original: Path | IO[bytes]) -> ImageMetadata:
    """Reads the beginning of a file; whatever is missing, foreign or nonsense is left out, and nothing is raised."""
    try:
        with Pillow.open(original, formats=FORMATS) as opened:
            exif = opened.getexif()
            base = dict(exif)
            details = exif.get_ifd(ExifTags.IFD.Exif)
            place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # noqa: BLE001 - foreign bytes make the reader raise anything, and the page is worth more
        return ImageMetadata()
    return ImageMetadata(
        camera=_camera(_text(base.get(ExifTags.Base.Make)), _text(base.get(ExifTags.Base.Model))),
        lens=_text(details.get(ExifTags.Base.LensModel)),
        exposure=_exposure(details),
        place=_place(place),
    )


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return " ".join(value.replace("\0", " ").split())[:_LONGEST] if isinstance(value, str) else ""


def _camera(make: str, model: str) -> str:
    """Most models begin with their maker's name, in one spelling or another."""
    first = make.split(" ")[0].lower()
    return model if first and model.lower().startswith(first) else f"{make} {model}".strip()


def _exposure(details: Mapping[int, Any]) -> str:
    seconds = _number(details.get(ExifTags.Base.ExposureTime))
    aperture = _number(details.get(ExifTags.Base.FNumber))
    length = _number(details.get(ExifTags.Base.FocalLength))
    speed = details.get(ExifTags.Base.ISOSpeedRatings)
    speed = _number(speed[0] if isinstance(speed, tuple) and speed else speed)
    parts = [
        _time(seconds) if seconds else "",
        f"f/{aperture:.3g}" if aperture else "",
        f"ISO {speed:.0f}" if speed else "",
        f"{length:.3g} mm" if length else "",
    ]
    return ", ".join(part for part in parts if part)


def _time(seconds: float) -> str:
    return f"1/{round(1 / seconds):,} s" if seconds < _FRACTIONS_BELOW else f"{seconds:.3g} s"


def _number(value: Any) -> float | None:
    """A positive number, or nothing: a rational may have the denominator 0."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and 0 < number < 1e9 else None


def _place(fields: Mapping[int, Any]) -> tuple[float, float] | None:
    north = _degrees(fields.get(ExifTags.GPS.GPSLatitude), fields.get(ExifTags.GPS.GPSLatitudeRef), "S")
    east = _degrees(fields.get(ExifTags.GPS.GPSLongitude), fields.get(ExifTags.GPS.GPSLongitudeRef), "W")
    if north is None or east is None or abs(north) > 90 or abs(east) > 180 or north == east == 0:
        return None
    return round(north, 6), round(east, 6)


def _degrees(parts: Any, reference: object, negative: str) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    angle = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(angle):
        return None
    return -angle if _text(reference).upper() == negative else angle
