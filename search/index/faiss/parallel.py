"""One query over many vectors by several threads: FAISS itself has one thread for each query."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from search.index.faiss.segment import Mask, search_parameters, threads_for
from search.values import Float32Array, Int64Array

LEAST = 10_000
"""Vectors in a slice; fewer are compared sooner than another thread begins."""


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ParallelSearch:
    """Searches flat indexes on the processor: a search that is the only one at its time has all cores.

    Searches side by side have one core each: sharing the cores out would only make them wait for each other.
    """

    def __init__(self, cores: int | None = None) -> None:
        """`cores`: all that this process may use, if not given."""
        self._cores = cores or available_cores()
        self._running = 0
        self._counting = threading.Lock()

    def search(self, index: Any, query: Float32Array, k: int, mask: Mask | None) -> tuple[Int64Array, Float32Array]:
        """Return positions and cosines of the k nearest to a query of shape (1, dimension), best first, shapes (1, k).

        NO_POSITION stands where there are fewer.
        """
        with self._count_running() as is_alone:
            slices = min(self._cores, int(index.ntotal) // LEAST) if is_alone else 1
            if slices > 1:
                return _merge(self._search_slices(index, query, k, mask, slices), k)
            with threads_for(query):
                scores, positions = index.search(query, k, params=search_parameters(mask))
            return positions, scores

    @contextmanager
    def _count_running(self) -> Iterator[bool]:
        """Counts a search while it runs; yields whether it is the only one."""
        with self._counting:
            self._running += 1
            is_alone = self._running == 1
        try:
            yield is_alone
        finally:
            with self._counting:
                self._running -= 1

    def _search_slices(
        self, index: Any, query: Float32Array, k: int, mask: Mask | None, slices: int
    ) -> list[tuple[Float32Array, Int64Array]]:
        import faiss

        library: Any = faiss  # its own stubs know neither selectors nor parameters by name
        ends = np.linspace(0, index.ntotal, slices + 1).astype(int).tolist()
        selectors = [library.IDSelectorRange(start, end) for start, end in itertools.pairwise(ends)]
        if mask:
            selectors = [library.IDSelectorAnd(selector, mask.selector) for selector in selectors]
        parameters = [library.SearchParameters(sel=selector) for selector in selectors]
        futures = [self._pool.submit(index.search, query, k, params=one) for one in parameters]
        return [future.result() for future in futures]

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        # Made without a lock: only the search that is alone comes here. Made at the first search and not with the
        # class: threads do not survive the fork by which workers begin.
        import faiss

        return ThreadPoolExecutor(self._cores, "slices", initializer=faiss.omp_set_num_threads, initargs=(1,))


def _merge(results: list[tuple[Float32Array, Int64Array]], k: int) -> tuple[Int64Array, Float32Array]:
    scores = np.concatenate([scores for scores, _ in results], axis=1)
    positions = np.concatenate([positions for _, positions in results], axis=1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(positions, order, axis=1), np.take_along_axis(scores, order, axis=1)


process_search = ParallelSearch()
"""The one of this process, for the indexes of all datasets: they share its cores."""
