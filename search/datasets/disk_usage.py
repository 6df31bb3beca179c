"""How much room a dataset takes, measured in the background: files by walking, vectors and originals from SQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Count, F, Sum
from django.utils import timezone

from search.models import Dataset, DatasetUsage, Embedding, Image

_BYTES_OF_A_HALF = 2


def measure(dataset: Dataset) -> DatasetUsage:
    """Measures a dataset and stores the figures. Takes minutes for millions of files, so never in a request."""
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
    usage, _ = DatasetUsage.objects.update_or_create(dataset=dataset, defaults=measured)
    return usage


def note_index_check(dataset: Dataset, sentence: str) -> None:
    """Stores the sentence with which a comparison of index and database ended."""
    result = {"index_check": sentence, "compared_at": timezone.now()}
    DatasetUsage.objects.update_or_create(dataset=dataset, defaults=result)


def folder_bytes(folder: Path) -> int:
    """Returns the bytes of all files below a folder; 0 for one that is not there."""
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
