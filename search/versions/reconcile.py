"""Reconciling an index with the database: images that are missing, changed, or no longer there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.conf import settings

from search.embeddings.store import DatasetContent
from search.files.paths import index_folder
from search.index import store
from search.models import Dataset


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The numbers of images by which the live version of a dataset differs from the database."""

    dataset: Dataset
    missing: int
    """Readable and encoded, yet not in the index: nobody can find them."""

    changed: int
    """In the index with the vector of a picture that has been replaced."""

    orphans: int
    """In the index, but deleted, gone or unreadable: searches leave them out, the next build drops them."""

    @property
    def is_complete(self) -> bool:
        """Tells whether everything can be found that should be."""
        return not self.missing and not self.changed

    def sentence(self) -> str:
        parts = [
            _clause(self.missing, "image is missing", "images are missing"),
            _clause(self.changed, "has the vector of an earlier picture", "have the vectors of earlier pictures"),
            _clause(self.orphans, "vector has no image any more", "vectors have no image any more"),
        ]
        differences = ", ".join(part for part in parts if part)
        if not differences:
            return f"{self.dataset.name}: the index and the database agree."
        advice = (
            ""
            if self.is_complete
            else f" Repair it with: {settings.COMMAND} doctor --index --repair {self.dataset.slug}"
        )
        return f"{self.dataset.name}: {differences}.{advice}"


def reconcile(dataset: Dataset) -> Reconciliation | None:
    """Compares the live version with the database; None without one. Raises OSError when its files cannot be read."""
    live = dataset.live_version
    if live is None:
        return None
    content = DatasetContent(dataset, live.encoder)
    ids, checksums = store.contents(index_folder(live.path))
    _, indexed, wanted = np.intersect1d(ids, content.image_ids, assume_unique=True, return_indices=True)
    return Reconciliation(
        dataset=dataset,
        missing=len(content.image_ids) - len(wanted),
        changed=int(np.count_nonzero(checksums[indexed] != content.checksums[wanted])),
        orphans=len(ids) - len(indexed),
    )


def _clause(count: int, one: str, many: str) -> str:
    if not count:
        return ""
    return f"{count:,} {one if count == 1 else many}"
