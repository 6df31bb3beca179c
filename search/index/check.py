"""Vectors on their way into an index: what could never be found is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from search.errors import IndexDamaged
from search.index.base import Chunk

_UNIT_TOLERANCE = 1e-2


def check_chunks(chunks: Iterable[Chunk], dimension: int) -> Iterator[Chunk]:
    """Yield the same chunks. Raises IndexDamaged for vectors that an index would take and never find again."""
    for chunk in chunks:
        if chunk.vectors.shape != (len(chunk.image_ids), dimension):
            raise IndexDamaged(
                f"Embeddings of shape {chunk.vectors.shape} cannot go into an index of dimension {dimension}."
            )
        lengths = np.linalg.norm(chunk.vectors.astype(np.float32), axis=1)
        bad = ~(np.abs(lengths - 1.0) < _UNIT_TOLERANCE)  # NaN fails the comparison
        if bad.any():
            raise IndexDamaged(
                f"The embedding of image {chunk.image_ids[bad][0]} is damaged: its length is {lengths[bad][0]:.3g} "
                "and not 1. Delete it and index again; it will be encoded anew."
            )
        yield chunk
