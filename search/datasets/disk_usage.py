"""How much room a dataset takes, measured in the background: files by walking, vectors and originals from SQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Count, F, Sum
from django.utils import timezone

from search.models import Dataset, Embedding, Image, Upkeep

_BYTES_OF_A_HALF = 2


def measure(dataset: Dataset) -> Upkeep:
    """Measures and writes down; minutes for millions of files, so never in a request."""
    present = dataset.images.exclude(state=Image.State.MISSING).order_by()
    counted = present.aggregate(count=Count("pk"), bytes=Sum("byte_size"))
    measured = {
        "images": counted["count"],
        "originals": counted["bytes"] or 0,
        "derivatives": folder_bytes(Path(settings.DERIVATIVES_DIR) / str(dataset.pk)),
        "embeddings": _vector_bytes(dataset),
        "indexes": folder_bytes(Path(settings.INDEXES_DIR) / str(dataset.pk)),
        "maps": folder_bytes(Path(settings.PROJECTIONS_DIR) / str(dataset.pk)),
        "measured_at": timezone.now(),
    }
    upkeep, _ = Upkeep.objects.update_or_create(dataset=dataset, defaults=measured)
    return upkeep


def note_agreement(dataset: Dataset, sentence: str) -> None:
    """Keeps what a comparison of index and database said."""
    noted = {"agreement": sentence, "compared_at": timezone.now()}
    Upkeep.objects.update_or_create(dataset=dataset, defaults=noted)


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below a folder; nothing for one that is not there."""
    return sum(_file_sizes(folder))


def _file_sizes(folder: Path) -> Iterator[int]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _file_sizes(Path(entry.path))
                else:
                    yield _size(entry)
    except FileNotFoundError:  # never written, or removed while we looked
        return


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0


def _vector_bytes(dataset: Dataset) -> int:
    vectors = Embedding.objects.filter(image__dataset=dataset).order_by()
    counts = vectors.values(dimension=F("encoder__dimension")).annotate(count=Count("pk"))
    return sum(row["count"] * row["dimension"] * _BYTES_OF_A_HALF for row in counts)
