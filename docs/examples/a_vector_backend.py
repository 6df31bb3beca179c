"""A kind of vector index in one file: two numpy arrays, and every vector compared with the query.

CONTRIBUTING.md says what each part is for. The whole contract of `tests/index` runs over it, and
`tests/examples/test_a_vector_backend.py` indexes and searches a dataset with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from search.index.base import Change, Chunk, Content, Criteria, FilterMask
from search.index.check import check_chunks
from search.values import BoolArray, Float16Array, Float32Array, Int64Array, Match, Report, no_report

BACKEND = "arrays"
_IDS_FILE, _VECTORS_FILE = "ids.npy", "vectors.npy"
_ROWS = 1024


@dataclass(frozen=True, slots=True)
class ArrayMask:
    """The positions that may be found, shape (count of the index,)."""

    allowed: BoolArray

    @property
    def count(self) -> int:
        return int(np.count_nonzero(self.allowed))


class ArrayIndex:
    """An open version. Its arrays never change, and what is hidden is replaced as a whole, so many threads may ask."""

    def __init__(self, image_ids: Int64Array, vectors: Float16Array) -> None:
        self._image_ids = image_ids
        self._vectors = vectors
        self._hidden: Int64Array = np.empty(0, np.int64)

    @property
    def count(self) -> int:
        return len(self._image_ids)

    @property
    def dimension(self) -> int:
        return int(self._vectors.shape[1])

    @property
    def image_ids(self) -> Int64Array:
        return self._image_ids

    def search(self, query: Float32Array, k: int, selection: FilterMask | None = None) -> list[Match]:
        is_allowed = ~np.isin(self._image_ids, self._hidden)
        if isinstance(selection, ArrayMask):
            is_allowed &= selection.allowed
        positions = np.flatnonzero(is_allowed)
        scores = self.scores(query)[positions]
        best = np.argsort(-scores, kind="stable")[:k]
        return [Match(int(self._image_ids[positions[place]]), float(scores[place])) for place in best]

    def select(self, criteria: Criteria) -> ArrayMask:
        """Asks the database for the ids; a backend that knows names and sizes could push the conditions down."""
        return ArrayMask(np.isin(self._image_ids, criteria.image_ids()))

    def hide(self, image_ids: Iterable[int]) -> None:
        self._hidden = np.union1d(self._hidden, np.fromiter(image_ids, np.int64))

    def show_hidden(self) -> None:
        self._hidden = np.empty(0, np.int64)

    def neighbours(
        self,
        k: int,
        report: Report = no_report,
        *,
        of: Int64Array | None = None,
        among: Int64Array | None = None,
    ) -> tuple[Int64Array, Float32Array]:
        queries = np.arange(self.count) if of is None else of
        allowed = np.arange(self.count) if among is None else among
        k = min(k, len(allowed))
        positions, scores = np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
        others = self._vectors[allowed].astype(np.float32).T
        for start in range(0, len(queries), _ROWS):
            rows = slice(start, start + _ROWS)
            cosines = self._vectors[queries[rows]].astype(np.float32) @ others
            best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
            positions[rows], scores[rows] = allowed[best], np.take_along_axis(cosines, best, axis=1)
            report(min(rows.stop, len(queries)), len(queries))
        return positions, scores

    def scores(self, query: Float32Array) -> Float32Array:
        scores: Float32Array = self._vectors.astype(np.float32) @ query
        return scores

    def close(self) -> None:
        """Does nothing: the index holds nothing but memory."""


class ArrayBackend:
    def build(self, folder: Path, content: Content) -> dict[str, Any]:
        return self._write(folder, content, check_chunks(content.chunks(), content.dimension))

    def extend(
        self, folder: Path, content: Content, change: Change, previous: Path, notes: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Copies what stayed from the version before; only what is new is read from the database."""
        ids, vectors = _arrays(previous)
        remains = ~np.isin(ids, change.removed)
        remaining = Chunk(ids[remains], vectors[remains])
        return self._write(folder, content, [remaining, *check_chunks(content.chunks(change.added), content.dimension)])

    def open(self, folder: Path, notes: dict[str, Any]) -> ArrayIndex:
        return ArrayIndex(*_arrays(folder))

    def announce(self, folder: Path, notes: dict[str, Any]) -> None:
        """Does nothing: no other client reads these files."""

    def discard(self, folder: Path, notes: dict[str, Any]) -> None:
        """Does nothing: no part of a version lies outside its folder."""

    def _write(self, folder: Path, content: Content, chunks: Iterable[Chunk]) -> dict[str, Any]:
        all_chunks = [Chunk(np.empty(0, np.int64), np.empty((0, content.dimension), np.float16)), *chunks]
        ids = np.concatenate([chunk.image_ids for chunk in all_chunks])
        order = np.argsort(ids)
        np.save(folder / _IDS_FILE, ids[order])
        np.save(folder / _VECTORS_FILE, np.concatenate([chunk.vectors for chunk in all_chunks])[order])
        return {"backend": BACKEND, "kind": "exact", "dimension": content.dimension, "recall_at_10": 1.0}


def _arrays(folder: Path) -> tuple[Int64Array, Float16Array]:
    return np.load(folder / _IDS_FILE, mmap_mode="r"), np.load(folder / _VECTORS_FILE, mmap_mode="r")
