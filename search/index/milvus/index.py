"""An open version in Milvus: what its collection holds, seen at one version."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.errors import InvalidQuery
from search.index.base import Criteria, FilterMask
from search.index.milvus import rows as milvus_rows
from search.index.milvus.client import MilvusServer
from search.index.milvus.kinds import Kind
from search.values import Float32Array, Int64Array, Match, Report, no_report

MOST_HITS = 16_384
"""Milvus gives no more to one search."""

_LISTED = 10_000
"""Ids in one expression."""

_FETCHED = 2_000
"""Vectors in one answer."""

_QUERIES = 256
_HITS = 65_536
"""In one answer, of all its queries together."""

_FRESH_S = 15.0
"""After so long, the staleness of 5 seconds that a search bears holds nothing back that was there at the opening."""


@dataclass(frozen=True, slots=True)
class FilterExpressions:
    """A filter as expressions that together say what may be found, each image in one of them."""

    expressions: tuple[str, ...]
    count: int


class MilvusIndex:
    """Ids come from the version's folder; vectors and filters are the server's."""

    def __init__(
        self, server: MilvusServer, collection: str, version: int, kind: Kind, dimension: int, image_ids: Int64Array
    ) -> None:
        self._server = server
        self._collection = collection
        self._visible = milvus_rows.visible(version)
        self._kind = kind
        self._dimension = dimension
        self._image_ids = image_ids
        self._dtype = np.float16 if server.halves else np.float32
        self._count = server.number(collection, self._visible)
        self._opened = time.monotonic()
        self._hidden: frozenset[int] = frozenset()
        self._searchable = self._visible
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """The number of vectors as the server says it, so that lost rows show."""
        return self._count

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def image_ids(self) -> Int64Array:
        return self._image_ids

    def search(self, query: Float32Array, k: int, selection: FilterMask | None = None) -> list[Match]:
        """Searches as the protocol says; raises InvalidQuery for a k beyond MOST_HITS where there are as many."""
        visible = self._searchable
        expressions: tuple[str, ...] = (visible,)
        count = self._count
        if selection is not None:
            assert isinstance(selection, FilterExpressions)  # noqa: S101 - made by `select` of this very index
            expressions = tuple(f"{visible} and {expression}" for expression in selection.expressions)
            count = selection.count
        k = min(k, count)
        if k > MOST_HITS:
            raise InvalidQuery(
                f"Only the {MOST_HITS:,} best can be asked for. Filter the search to see what comes after."
            )
        if k < 1:
            return []
        share = count / self._count
        rows = self._nearest(query, k, expressions, share)
        if len(rows) < k:
            # Where most of its rows are filtered out, a search in a graph or in lists can end too early.
            rows = self._nearest(query, k, expressions, None)
        return [Match(milvus_rows.image_of(row), score) for row, score in rows]

    def select(self, criteria: Criteria) -> FilterExpressions:
        expression = milvus_rows.pushed_down(criteria.filters) if criteria.filters else None
        if expression is not None:
            return FilterExpressions(
                (expression,), self._server.number(self._collection, f"{self._visible} and {expression}")
            )
        ids = np.intersect1d(criteria.image_ids(), self._image_ids, assume_unique=True)
        pieces = tuple(milvus_rows.among(piece) for piece in _pieces(ids, _LISTED))
        return FilterExpressions(pieces, len(ids))

    def hide(self, image_ids: Iterable[int]) -> None:
        with self._lock:
            self._hidden |= frozenset(image_ids)
            hidden = np.fromiter(sorted(self._hidden), np.int64, len(self._hidden))
            terms = [milvus_rows.not_among(piece) for piece in _pieces(hidden, _LISTED)]
            self._searchable = " and ".join([self._visible, *terms])

    def show_hidden(self) -> None:
        with self._lock:
            self._hidden = frozenset()
            self._searchable = self._visible

    def neighbours(
        self,
        k: int,
        report: Report = no_report,
        *,
        of: Int64Array | None = None,
        among: Int64Array | None = None,
    ) -> tuple[Int64Array, Float32Array]:
        """Finds neighbours as the protocol says; where the server finds too few, the last one is repeated."""
        rows = np.arange(self._count) if of is None else of
        k = min(k, self._count if among is None else len(among))
        positions = np.empty((len(rows), k), np.int64)
        scores = np.empty((len(rows), k), np.float32)
        batch = max(1, min(_QUERIES, _HITS // max(k, 1)))
        for start in range(0, len(rows) if k else 0, batch):
            queries = list(self._vectors(self._image_ids[rows[start : start + batch]]))
            for place, some in enumerate(self._neighbours(queries, k, among), start):
                hits = (some + some[-1:] * k)[:k]
                positions[place] = [position for position, _ in hits]
                scores[place] = [score for _, score in hits]
            report(min(start + batch, len(rows)), len(rows))
        return positions, scores

    def scores(self, query: Float32Array) -> Float32Array:
        """Fetches the vectors of the version from the server, some thousand at a time."""
        pieces = [self._vectors(ids) @ query for ids in _pieces(self._image_ids, _FETCHED)]
        return np.concatenate([np.empty(0, np.float32), *pieces]).astype(np.float32)

    def close(self) -> None:
        """Does nothing: the connection is the process's and stays."""

    def _neighbours(
        self, queries: list[Float32Array], k: int, among: Int64Array | None
    ) -> list[list[tuple[int, float]]]:
        """Positions and scores. An expression holds a small `among`; for a large one more are asked for, and sifted."""
        visible, breadth = self._visible, k
        if among is not None and len(among) <= _LISTED:
            visible = f"{visible} and {milvus_rows.among(self._image_ids[among])}"
        elif among is not None:
            breadth = self._wider(k, len(among))
        while True:
            answers = self._ask(queries, breadth, visible)
            if any(len(hits) < breadth for hits in answers):
                answers = self._ask(queries, breadth, visible, None)
            fitting = [self._fitting(hits, among)[:k] for hits in answers]
            if breadth in {k, self._count, MOST_HITS} or all(len(hits) == k for hits in fitting):
                return fitting
            breadth = self._wider(4 * breadth, self._count)

    def _wider(self, k: int, among: int) -> int:
        return min(self._count, MOST_HITS, 2 * k * math.ceil(self._count / among))

    def _fitting(self, hits: list[tuple[int, float]], among: Int64Array | None) -> list[tuple[int, float]]:
        places = np.searchsorted(self._image_ids, [milvus_rows.image_of(key) for key, _ in hits])
        allowed = np.ones(len(places), np.bool_) if among is None else np.isin(places, among)
        return [(int(place), hit[1]) for place, hit, fits in zip(places, hits, allowed, strict=True) if fits]

    def _nearest(
        self, query: Float32Array, k: int, expressions: tuple[str, ...], share: float | None
    ) -> list[tuple[int, float]]:
        rows = [hit for expression in expressions for hit in self._ask([query], k, expression, share)[0]]
        if len(expressions) > 1:
            rows.sort(key=lambda hit: (-hit[1], hit[0]))
        return rows[:k]

    def _ask(
        self, queries: list[Float32Array], k: int, expression: str, share: float | None = 1.0
    ) -> list[list[tuple[int, float]]]:
        """`share` of the vectors that the expression leaves; None: look everywhere, whatever it takes."""
        parameters = self._kind.widest(k, self._count) if share is None else self._kind.parameters(k, share)
        vectors: list[Any] = [query.astype(self._dtype, copy=False) for query in queries]
        # Fresh answers wait for the server's clock; of a version, which never changes, only the first need that.
        fresh = time.monotonic() - self._opened < _FRESH_S
        return self._server.search(self._collection, vectors, k, expression, parameters, fresh=fresh)

    def _vectors(self, image_ids: Int64Array) -> Float32Array:
        rows = self._server.rows(
            self._collection, f"{self._visible} and {milvus_rows.among(image_ids)}", ["image_id", "vector"]
        )
        by_id = {int(row["image_id"]): row["vector"] for row in rows}
        return np.stack([by_id[int(image_id)] for image_id in image_ids])


def _pieces(image_ids: Int64Array, size: int) -> Iterator[Int64Array]:
    for start in range(0, len(image_ids), size):
        yield image_ids[start : start + size]
