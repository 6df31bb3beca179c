"""Where the original of an image lies."""

from __future__ import annotations

from pathlib import Path

from search.models import Image


def original_path(image: Image) -> Path | None:
    """The file, never one outside the dataset's folder; none where it is gone. Wants the dataset joined."""
    folder = Path(image.dataset.source_path).resolve()
    path = (folder / image.name).resolve()
    return path if path.is_relative_to(folder) and path.is_file() else None
