"""Many queries at once against every vector, as products of matrices: far quicker than one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from search.index.faiss.parallel import available_cores
from search.index.faiss.segment import NO_POSITION
from search.index.memmap import MappedVectors
from search.values import Float32Array, Int64Array

LEAST = 64
"""Queries; for fewer it does not pay to widen the vectors to float32."""

_BLOCK = 16_384
_CANDIDATES = 32_768
"""Rows of candidates that are read at once."""


@contextmanager
def on_all_cores() -> Iterator[ThreadPoolExecutor]:
    """A thread a core, in each of which FAISS has one; what they have not begun at an error is dropped.

    FAISS's own threads are a worker's share of the cores, and spin while they wait. Work for every vector may have all.
    """
    import faiss

    pool = ThreadPoolExecutor(available_cores(), "neighbours", initializer=faiss.omp_set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def search(
    vectors: MappedVectors, queries: Float32Array, k: int, positions: Int64Array | None
) -> tuple[Int64Array, Float32Array]:
    """Positions and cosines of the k nearest to each, best first, shapes (n, k); of all vectors, or of these alone."""
    import faiss

    best = np.full((len(queries), k), NO_POSITION, np.int64)
    cosines = np.full((len(queries), k), -np.inf, np.float32)
    for own, block in _blocks(vectors, positions):
        scores, places = faiss.knn(queries, block, min(k, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        all_cosines = np.concatenate([cosines, scores], axis=1)
        all_positions = np.concatenate([best, own[places]], axis=1)
        order = np.argsort(-all_cosines, axis=1, kind="stable")[:, :k]
        best, cosines = np.take_along_axis(all_positions, order, 1), np.take_along_axis(all_cosines, order, 1)
    return best, cosines


def _blocks(vectors: MappedVectors, positions: Int64Array | None) -> Iterator[tuple[Int64Array, Float32Array]]:
    if positions is None:
        for start, rows in vectors.chunks():
            yield np.arange(start, start + len(rows)), rows
        return
    for start in range(0, len(positions), _BLOCK):
        own = positions[start : start + _BLOCK]
        yield own, vectors.take(own)


def best_of(
    vectors: MappedVectors, queries: Float32Array, k: int, candidates: Int64Array
) -> tuple[Int64Array, Float32Array]:
    """Return the k best of each query's own candidates, shape (n, c), by exact cosine; both results have shape (n, k).

    NO_POSITION stands for no candidate, and where there are fewer than k.
    """
    best_positions = np.full((len(queries), k), NO_POSITION, np.int64)
    cosines = np.zeros((len(queries), k), np.float32)
    at_once = max(1, _CANDIDATES // candidates.shape[1])
    for start in range(0, len(queries), at_once):
        rows = slice(start, start + at_once)
        own = candidates[rows]
        needed, places = np.unique(np.maximum(own, 0), return_inverse=True)
        near = vectors.take(needed)[places.reshape(own.shape)]
        scores = np.einsum("ncd,nd->nc", near, queries[rows])
        scores[own == NO_POSITION] = -np.inf
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(own, order, 1)
        best_positions[rows, : best.shape[1]] = best
        cosines[rows, : best.shape[1]] = np.where(best == NO_POSITION, 0.0, np.take_along_axis(scores, order, 1))
    return best_positions, cosines
