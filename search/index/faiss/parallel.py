"""One query over many vectors by several threads: FAISS itself has one thread for each query."""

from __future__ import annotations

import itertools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from search.index.faiss.segment import Mask, search_parameters, threads_for
from search.values import Float32Array, Int64Array

LEAST = 10_000
"""Vectors in a slice; fewer are compared sooner than another thread begins."""

_changing = threading.Lock()
_searches = 0


def search(index: Any, query: Float32Array, k: int, mask: Mask | None) -> tuple[Int64Array, Float32Array]:
    """Positions and cosines of the k nearest, best first, shapes (1, k), of a flat index on the processor.

    A search that is the only one of this process at its time has all cores, others have one each.
    """
    global _searches
    with _changing:
        _searches += 1
        is_alone = _searches == 1
    try:
        count = min(cores(), int(index.ntotal) // LEAST) if is_alone else 1
        if count < 2:
            with threads_for(query):
                scores, positions = index.search(query, k, params=search_parameters(mask))
            return positions, scores
        return _merged(_in_slices(index, query, k, mask, count), k)
    finally:
        with _changing:
            _searches -= 1


def _in_slices(
    index: Any, query: Float32Array, k: int, mask: Mask | None, count: int
) -> list[tuple[Float32Array, Int64Array]]:
    import faiss

    library: Any = faiss  # its own stubs know neither selectors nor parameters by name
    ends = np.linspace(0, index.ntotal, count + 1).astype(int).tolist()
    slices = [library.IDSelectorRange(start, end) for start, end in itertools.pairwise(ends)]
    chosen = [library.IDSelectorAnd(one, mask.selector) for one in slices] if mask else slices
    asked = [_threads().submit(index.search, query, k, params=library.SearchParameters(sel=one)) for one in chosen]
    return [one.result() for one in asked]


def _merged(found: list[tuple[Float32Array, Int64Array]], k: int) -> tuple[Int64Array, Float32Array]:
    scores = np.concatenate([scores for scores, _ in found], axis=1)
    positions = np.concatenate([positions for _, positions in found], axis=1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(positions, order, axis=1), np.take_along_axis(scores, order, axis=1)


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _threads() -> ThreadPoolExecutor:
    import faiss

    return ThreadPoolExecutor(cores(), "slices", initializer=faiss.omp_set_num_threads, initargs=(1,))
