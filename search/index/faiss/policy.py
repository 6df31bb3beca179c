"""Which kind of index a number of vectors gets on this machine: exact search for as long as it is quick enough."""

from __future__ import annotations

import statistics
import time
from functools import lru_cache

import numpy as np

from search.index.faiss import flat, ivf

ALWAYS_EXACT = 50_000
"""Vectors: below, nothing is gained by looking at fewer."""

EXACT_LIMIT_MS = 8.0
"""The longest that comparing a query with every vector may take on one core."""

_SAMPLE = 50_000
_ROUNDS = 7


def choose(count: int, dimension: int) -> str:
    """The kind for so many vectors."""
    if count <= ALWAYS_EXACT or count * exact_ms_per_vector(dimension) <= EXACT_LIMIT_MS:
        return flat.KIND
    # No graph (HNSW): it cannot drop vectors, keeps all in memory, and takes 11 s to build over 41,620 of them.
    return ivf.KIND


@lru_cache
def exact_ms_per_vector(dimension: int) -> float:
    """Milliseconds that exact search takes for each vector, measured once in this process."""
    import faiss

    vectors = np.random.default_rng(0).standard_normal((_SAMPLE, dimension), np.float32)
    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    durations = []
    for row in range(_ROUNDS):
        started = time.perf_counter()
        index.search(vectors[row : row + 1], 10)
        durations.append(time.perf_counter() - started)
    return statistics.median(durations) * 1000 / _SAMPLE
