"""FAISS on a GPU, where the gpu package and a device are there: for building large indexes and for searching."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import Any

import numpy as np

from search.index.memmap import MappedVectors
from search.values import Float32Array, Int64Array

logger = logging.getLogger(__name__)

MOST_HITS = 2048
"""What FAISS finds on a GPU at most."""

MOST_PROBES = 2048
_GOLDEN = 16
_TOLERANCE = 0.01
"""By how much a cosine may differ on another device: 8-bit codes and half floats are added up in another order."""

_one_at_a_time = threading.Lock()


def to_gpu(index: Any) -> Any:
    """Return a copy of the index on the first GPU, or the index itself where there is none or it has no room."""
    import faiss

    if not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() == 0:
        return index
    try:
        return faiss.index_cpu_to_gpu(_resources(), 0, index)
    except RuntimeError as error:
        logger.warning("this index stays on the processor: %s", error)
        return index


@cache
def _resources() -> Any:
    """Return the process's memory on the GPU; one search at a time may use it."""
    import faiss

    return faiss.StandardGpuResources()


def to_cpu(index: Any) -> Any:
    """Return the index in a form that can be written to a file."""
    import faiss

    return faiss.index_gpu_to_cpu(index) if hasattr(index, "getDevice") else index


class Searcher:
    """An index that is searched on a GPU where that can be, and on the processor otherwise.

    The copy on the GPU answers what has no mask, and only when it was seen to find what the index itself finds.
    """

    def __init__(self, index: Any, vectors: MappedVectors) -> None:
        """`vectors`: those of the index; both are asked for some of them."""
        self._index = index
        copy = to_gpu(index)
        self._copy = copy if copy is not index and _is_faithful(copy, index, vectors) else None

    @property
    def is_on_gpu(self) -> bool:
        """Return whether a search without a mask is done on the GPU."""
        return self._copy is not None

    def search(self, queries: Float32Array, k: int, params: Any = None) -> tuple[Float32Array, Int64Array]:
        """Cosines and positions, as FAISS returns them."""
        if self._copy is not None and k <= MOST_HITS and _is_unmasked(params):
            with _one_at_a_time:
                scores, positions = self._copy.search(queries, k, params=params)
        else:
            scores, positions = self._index.search(queries, k, params=params)
        return scores, positions


def _is_faithful(copy: Any, index: Any, vectors: MappedVectors) -> bool:
    places = np.unique(np.linspace(0, max(len(vectors) - 1, 0), min(_GOLDEN, len(vectors))).astype(np.int64))
    try:
        agrees = agree(copy, index, vectors.take(places))
    except RuntimeError as error:
        logger.warning("searches stay on the processor: %s", error)
        return False
    if not agrees:
        logger.warning("searches stay on the processor: the GPU finds something else")
    return agrees


def agree(one: Any, other: Any, queries: Float32Array) -> bool:
    """Return whether both find neighbours of the same cosines; equal ones may come in another order."""
    if not len(queries):
        return True
    k = min(10, int(other.ntotal))
    ours, theirs = one.search(queries, k)[0], other.search(queries, k)[0]
    return bool(np.all(np.abs(ours - theirs) <= _TOLERANCE))


def _is_unmasked(params: Any) -> bool:
    return params is None or (params.sel is None and getattr(params, "nprobe", 0) <= MOST_PROBES)
