"""The nearest of every vector among all of them, exactly, with each pair compared once instead of twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from search.index.faiss.batched import on_all_cores
from search.index.faiss.segment import NO_POSITION
from search.values import Float32Array, Int64Array, Report, no_report

LEAST = 16_384
"""Vectors; for fewer, compiling takes longer than what it saves."""

_BLOCK = 4096

Take = Callable[[Int64Array], Float32Array]
"""Gives the vectors at some rows, shape (len(rows), dimension)."""


def nearest_of_all(take: Take, count: int, k: int, report: Report = no_report) -> tuple[Int64Array, Float32Array]:
    """Rows and cosines of the k nearest of each of `count` vectors, itself included, best first; shapes (count, k).

    Of equal cosines the lower row comes first.
    """
    return _Comparison(take, count, k).run(report)


class _Comparison:
    def __init__(self, take: Take, count: int, k: int) -> None:
        self._take = take
        self._blocks = [np.arange(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK)]
        self._locks = [threading.Lock() for _ in self._blocks]
        self._cosines = np.full((count, k), -np.inf, np.float32)
        self._rows = np.full((count, k), NO_POSITION, np.int64)
        self._least = np.full(count, -np.inf, np.float32)  # the last of each row, side by side
        self._keep_best = _compiled_keep_best()

    def run(self, report: Report) -> tuple[Int64Array, Float32Array]:
        from threadpoolctl import threadpool_limits

        count = len(self._least)
        pairs, done = len(self._blocks) * (len(self._blocks) + 1) // 2, 0
        with threadpool_limits(1, user_api="blas"), on_all_cores() as pool:
            for number, _ in enumerate(pool.map(self._compare, range(len(self._blocks)))):
                done += len(self._blocks) - number
                report(count * done // pairs, count)
        return self._rows, self._cosines

    def _compare(self, number: int) -> None:
        """Compares one block with itself and with all that follow."""
        own = self._take(self._blocks[number])
        for other in range(number, len(self._blocks)):
            cosines = own @ (own if other == number else self._take(self._blocks[other])).T
            keep = partial(self._keep_best, cosines, self._blocks[number][0], self._blocks[other][0])
            with self._locks[number]:
                if other == number:
                    keep(self._cosines, self._rows, self._least, False)
                    continue
                with self._locks[other]:
                    keep(self._cosines, self._rows, self._least, True)


@cache
def _compiled_keep_best() -> Any:
    """The compiled `keep_best`: puts what a block of cosines has into the lists of its rows, and of its columns."""
    from numba import njit

    @njit(nogil=True)
    def insert(cosines: Any, rows: Any, least: Any, row: int, cosine: float, neighbour: int) -> None:
        last = cosines.shape[1] - 1
        place = last
        while place > 0:
            before = cosines[row, place - 1]
            if before > cosine or (before == cosine and rows[row, place - 1] < neighbour):
                break
            cosines[row, place] = before
            rows[row, place] = rows[row, place - 1]
            place -= 1
        cosines[row, place] = cosine
        rows[row, place] = neighbour
        least[row] = cosines[row, last]

    @njit(nogil=True)
    def keep_best(
        block: Any, first_row: int, first_column: int, cosines: Any, rows: Any, least: Any, both_ways: bool
    ) -> None:
        last = cosines.shape[1] - 1
        for i in range(block.shape[0]):
            row = first_row + i
            for j in range(block.shape[1]):
                cosine, column = block[i, j], first_column + j
                if cosine > least[row] or (cosine == least[row] and column < rows[row, last]):
                    insert(cosines, rows, least, row, cosine, column)
                if both_ways and (cosine > least[column] or (cosine == least[column] and row < rows[column, last])):
                    insert(cosines, rows, least, column, cosine, row)

    return keep_best
