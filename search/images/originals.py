"""Where the original of an image lies."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import IO

from search.bucket import sync
from search.errors import BucketUnavailable
from search.models import Image

_HEAD_BYTES = 1 << 20


def original_path(image: Image) -> Path | None:
    """Return the file, never one outside the dataset's folder; none where it is gone. Wants the dataset joined.

    Raises BucketUnavailable where it has to be fetched and cannot be.
    """
    path = original_place(image)
    return path if path and sync.fetch(path).is_file() else None


def original_place(image: Image) -> Path | None:
    """Return where the original lies, or would if it lay here; None outside the dataset's folder.

    Wants the dataset joined.
    """
    folder = Path(image.dataset.source_path).resolve()
    path = (folder / image.name).resolve()
    return path if path.is_relative_to(folder) else None


def original_head(image: Image) -> Path | IO[bytes] | None:
    """The file, or where it lies in the bucket only, its beginning; none where it is gone or out of reach."""
    path = original_place(image)
    if path is None or path.is_file():
        return path
    try:
        head = sync.read_head(path, _HEAD_BYTES)
    except BucketUnavailable:
        return None
    return BytesIO(head) if head else None
