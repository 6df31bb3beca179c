"""Pictures to measure with: any number of different JPEG files of one size, made from the photos at hand."""

from __future__ import annotations

import os
import shutil
from itertools import islice
from pathlib import Path

from PIL import Image, ImageOps

from search.errors import InvalidSource
from search.images.decoder_limits import FORMATS
from search.ingest.walk import is_image_name
from search.values import Report, no_report

LONG_SIDE = 1024
"""Pixels of the longer side of every picture."""

_QUALITY = 90
_MOST_SOURCES = 250
_COMMENT = b"\xff\xfe"
_START = b"\xff\xd8"


def make_corpus(photos: Path, folder: Path, count: int, report: Report = no_report) -> list[Path]:
    """Fill `folder` with `count` JPEG files that differ in content, and return their paths, sorted.

    Each decodes to one of up to 250 of the photos, brought to LONG_SIDE; a comment inside makes it a file of its own.
    Raises InvalidSource when there is no photo to start from, or no disk space for the files.
    """
    sources = _encode_photos(photos)
    needed = sum(map(len, sources)) // len(sources) * count
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed * 1.2 > free:
        raise InvalidSource(
            f"{count:,} pictures take {needed / 1e9:.1f} GB in {folder}, which has {free / 1e9:.1f} GB left. "
            "Measure fewer (--n), or set TMPDIR to a larger disk."
        )
    paths = []
    for number in range(count):
        path = folder / f"{number // 1000:04}" / f"{number:08}.jpg"
        path.parent.mkdir(exist_ok=True)
        text = f"picture {number}".encode()
        source = sources[number % len(sources)]
        path.write_bytes(_START + _COMMENT + (len(text) + 2).to_bytes(2, "big") + text + source[len(_START) :])
        paths.append(path)
        report(number + 1, count)
    os.sync()  # the writing must not go on while something is measured
    return paths


def _encode_photos(photos: Path) -> list[bytes]:
    if not photos.is_dir():
        raise InvalidSource(f"{photos} is no folder. Name one that holds photos.")
    names = (path for path in sorted(photos.rglob("*")) if is_image_name(path.name) and path.is_file())
    sources = [jpeg for jpeg in map(_as_jpeg, islice(names, _MOST_SOURCES)) if jpeg]
    if not sources:
        raise InvalidSource(f"{photos} holds no photo that can be read. Name a folder with some.")
    return sources


def _as_jpeg(path: Path) -> bytes | None:
    from io import BytesIO

    try:
        with Image.open(path, formats=FORMATS) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    scale = LONG_SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    target = BytesIO()
    picture.resize(size, Image.Resampling.LANCZOS).save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()
