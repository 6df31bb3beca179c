"""What the FAISS segments of a version share: their files, exact search over a part, and masks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from search.index.memmap import MappedVectors
from search.values import BoolArray, Float32Array, Int64Array

NO_POSITION = -1
_SCORED = 16_384
"""Vectors of which FAISS gives all scores at once, which is quicker than turning halves into floats here."""


class Mask:
    """The vectors of a segment that may be found, shape (count,); prepared once, used by many searches."""

    def __init__(self, allowed: BoolArray) -> None:
        self.allowed = allowed
        self.count = int(np.count_nonzero(allowed))

    def __and__(self, other: Mask) -> Mask:
        return Mask(self.allowed & other.allowed)

    @property
    def share(self) -> float:
        """The share of the vectors of the segment that are allowed, from 0 to 1."""
        return self.count / max(len(self.allowed), 1)

    @cached_property
    def positions(self) -> Int64Array:
        return np.flatnonzero(self.allowed)

    @cached_property
    def selector(self) -> Any:
        """The mask as FAISS takes it."""
        import faiss

        library: Any = faiss  # its own stubs know no arrays
        return library.IDSelectorBitmap(np.packbits(self.allowed, bitorder="little"))


class Segment(Protocol):
    """Some vectors of a version, found by position."""

    image_ids: Int64Array
    """Shape (count,), ascending."""

    @property
    def compares_all(self) -> bool:
        """Return whether a search compares its query with every vector, and by the processor."""
        ...

    def search(self, queries: Float32Array, k: int, mask: Mask | None) -> tuple[Int64Array, Float32Array]:
        """Positions and cosines of the k nearest to each unit query, best first; shapes (n, k).

        NO_POSITION stands where there are fewer.
        """
        ...

    def take(self, positions: Int64Array) -> Float32Array:
        """Vectors, shape (len(positions), dimension)."""
        ...

    def scores(self, query: Float32Array) -> Float32Array:
        """The cosine of every vector to a unit query, shape (count,)."""
        ...


def index_file(folder: Path, number: int) -> Path:
    return folder / f"{number}.faiss"


def ids_file(folder: Path, number: int) -> Path:
    return folder / f"{number}.ids.npy"


def search_parameters(mask: Mask | None, probes: int | None = None) -> Any:
    """Return the parameters of a search: a mask, and for inverted lists how many to look into."""
    import faiss

    library: Any = faiss  # its own stubs know no parameters by name
    selector = mask and mask.selector
    if probes is None:
        return library.SearchParameters(sel=selector)
    return library.SearchParametersIVF(sel=selector, nprobe=probes)


@contextmanager
def threads_for(queries: Float32Array) -> Iterator[None]:
    """Gives searches of FAISS in this thread as many threads as there are queries to share out among them.

    A scan would wake all threads for a single query, and wait for each of them: some milliseconds where others work.
    """
    import faiss

    every = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, min(every, len(queries))))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(every)


def every_score(vectors: MappedVectors, query: Float32Array) -> Float32Array:
    """Cosines of all vectors to a unit query, shape (count,)."""
    scores = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _SCORED):
        positions = np.arange(start, min(start + _SCORED, len(vectors)))
        nearest, cosines = exact_search(vectors, query[None, :], len(positions), positions)
        scores[nearest[0]] = cosines[0]
    return scores


def exact_search(
    vectors: MappedVectors, queries: Float32Array, k: int, positions: Int64Array
) -> tuple[Int64Array, Float32Array]:
    """Compares each query with the vectors at all these positions; returns positions and cosines, shapes (n, k)."""
    import faiss

    index = faiss.IndexScalarQuantizer(vectors.dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    if len(positions):
        index.add_sa_codes(vectors.codes(positions))
    with threads_for(queries):
        scores, places = index.search(np.ascontiguousarray(queries, np.float32), k)
    nearest = positions[np.maximum(places, 0)] if len(positions) else places
    return np.where(places == NO_POSITION, NO_POSITION, nearest), scores
