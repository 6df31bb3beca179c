"""What the camera wrote beside the picture: when it was taken."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from django.utils import timezone as django_timezone
from PIL import ExifTags
from PIL import Image as Pillow

_TIME = re.compile(r"(\d{4})[:-](\d{2})[:-](\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})$")
_EARLIEST, _LATEST = 1826, 2100
"""Years: the first photograph, and what no clock says that was ever set."""


def taken_at(opened: Pillow.Image) -> datetime | None:
    """DateTimeOriginal with its offset, or in the site's time zone where there is none; None when that is unknown.

    Cameras and programs write anything there, and no picture is worse for it: whatever makes no sense is unknown.
    """
    try:
        camera = opened.getexif().get_ifd(ExifTags.IFD.Exif)
        return _parse(
            _text(camera.get(ExifTags.Base.DateTimeOriginal)), _text(camera.get(ExifTags.Base.OffsetTimeOriginal))
        )
    except Exception:  # noqa: BLE001 - foreign bytes make the reader raise anything, and this is never worth an image
        return None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip(" \0") if isinstance(value, str) else ""


def _parse(time: str, offset: str) -> datetime | None:
    match = _TIME.match(time)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    if not _EARLIEST <= year <= _LATEST:
        return None
    local = datetime(year, month, day, hour, minute, min(second, 59))
    return local.replace(tzinfo=_zone(offset) or django_timezone.get_default_timezone())


def _zone(offset: str) -> timezone | None:
    if offset == "Z":
        return UTC
    match = _OFFSET.match(offset)
    if not match:
        return None
    sign, hours, minutes = match.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-shift if sign == "-" else shift)
