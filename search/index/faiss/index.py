"""A version as searches see it: one large segment, and beside it what was added since that one was built."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from search.index.base import Criteria, FilterMask
from search.index.faiss import all_pairs
from search.index.faiss.batched import on_all_cores
from search.index.faiss.segment import NO_POSITION, Mask, Segment
from search.values import Float32Array, Int64Array, Match, Report, no_report

_NEIGHBOUR_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Part:
    """A segment and which of its vectors belong to the version; None when all do."""

    segment: Segment
    present: Mask | None = None

    @property
    def positions(self) -> Int64Array:
        """Of what belongs to the version, ascending."""
        if self.present is None:
            return np.arange(len(self.segment.image_ids))
        return self.present.positions


@dataclass(frozen=True, slots=True)
class SegmentMasks:
    """A mask for each segment."""

    masks: tuple[Mask, ...]

    @property
    def count(self) -> int:
        return sum(mask.count for mask in self.masks)


class SegmentedIndex:
    """Searches every segment and merges by score, which is exact in all of them."""

    def __init__(self, parts: Sequence[Part], dimension: int) -> None:
        self._parts = tuple(parts)
        self._dimension = dimension
        held = [(part.segment.image_ids[part.positions], part.positions) for part in self._parts]
        ids = np.concatenate([ids for ids, _ in held])
        self._order = np.argsort(ids, kind="stable")
        self._image_ids = ids[self._order]
        self._part_of = np.repeat(np.arange(len(held)), [len(ids) for ids, _ in held])[self._order]
        self._position_of = np.concatenate([positions for _, positions in held])[self._order]
        self._hidden: frozenset[int] = frozenset()
        self._masks = self._shown()
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        return len(self._image_ids)

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def image_ids(self) -> Int64Array:
        return self._image_ids

    def search(self, query: Float32Array, k: int, selection: FilterMask | None = None) -> list[Match]:
        k = min(k, self.count)
        if k < 1:
            return []
        matches = []
        for part, mask in zip(self._parts, self._allowed(selection), strict=True):
            positions, scores = part.segment.search(query[None, :], k, mask)
            found = positions[0] != NO_POSITION
            ids = part.segment.image_ids[positions[0][found]]
            matches += [Match(int(pk), float(score)) for pk, score in zip(ids, scores[0][found], strict=True)]
        if len(self._parts) > 1:
            matches.sort(key=lambda match: (-match.score, match.image_id))
        return matches[:k]

    def select(self, criteria: Criteria) -> SegmentMasks:
        ids = criteria.image_ids()
        masks = []
        for part in self._parts:
            mask = Mask(np.isin(part.segment.image_ids, ids, assume_unique=True))
            masks.append(mask if part.present is None else mask & part.present)
        return SegmentMasks(tuple(masks))

    def hide(self, image_ids: Iterable[int]) -> None:
        with self._lock:
            self._hidden |= frozenset(image_ids)
            self._masks = self._shown()

    def show_hidden(self) -> None:
        with self._lock:
            self._hidden = frozenset()
            self._masks = self._shown()

    def neighbours(
        self,
        k: int,
        report: Report = no_report,
        *,
        of: Int64Array | None = None,
        among: Int64Array | None = None,
    ) -> tuple[Int64Array, Float32Array]:
        if of is None and among is None and self.count >= all_pairs.LEAST and self._compares_all:
            return all_pairs.nearest_of_all(self._vectors, self.count, min(k, self.count), report)
        asked = np.arange(self.count) if of is None else of
        k = min(k, self.count if among is None else len(among))
        masks = [part.present for part in self._parts] if among is None else self._masks_of(among)
        positions = np.empty((len(asked), k), np.int64)
        scores = np.empty((len(asked), k), np.float32)
        parts = [slice(start, start + _NEIGHBOUR_ROWS) for start in range(0, len(asked) if k else 0, _NEIGHBOUR_ROWS)]

        def find(rows: slice) -> tuple[Int64Array, Float32Array]:
            return self._nearest(self._vectors(asked[rows]), k, masks)

        with on_all_cores() as pool:
            for rows, found in zip(parts, pool.map(find, parts), strict=True):
                positions[rows], scores[rows] = found
                report(min(rows.stop, len(asked)), len(asked))
        return positions, scores

    def scores(self, query: Float32Array) -> Float32Array:
        scores = np.empty(self.count, np.float32)
        for number, part in enumerate(self._parts):
            here = self._part_of == number
            scores[here] = part.segment.scores(query)[self._position_of[here]]
        return scores

    def close(self) -> None:
        """Files are closed with the last reader."""

    def _vectors(self, rows: Int64Array) -> Float32Array:
        vectors = np.empty((len(rows), self._dimension), np.float32)
        for number, part in enumerate(self._parts):
            here = self._part_of[rows] == number
            vectors[here] = part.segment.take(self._position_of[rows[here]])
        return vectors

    @property
    def _compares_all(self) -> bool:
        return all(part.segment.compares_all for part in self._parts)

    def _masks_of(self, positions: Int64Array) -> list[Mask | None]:
        """For each part, of what stands at these positions of `image_ids`."""
        masks: list[Mask | None] = []
        for number, part in enumerate(self._parts):
            allowed = np.zeros(len(part.segment.image_ids), np.bool_)
            allowed[self._position_of[positions[self._part_of[positions] == number]]] = True
            masks.append(Mask(allowed))
        return masks

    def _nearest(self, queries: Float32Array, k: int, masks: list[Mask | None]) -> tuple[Int64Array, Float32Array]:
        """Places in `image_ids` of the nearest within these masks, whatever is hidden."""
        places, scores = [], []
        for part, mask in zip(self._parts, masks, strict=True):
            positions, found = part.segment.search(queries, k, mask)
            ids = part.segment.image_ids[np.maximum(positions, 0)]
            places.append(np.searchsorted(self._image_ids, ids))
            scores.append(np.where(positions == NO_POSITION, -np.inf, found))
        all_scores = np.concatenate(scores, axis=1)
        best = np.argsort(-all_scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(np.concatenate(places, axis=1), best, axis=1), np.take_along_axis(
            all_scores, best, axis=1
        )

    def _allowed(self, selection: FilterMask | None) -> list[Mask | None]:
        masks = self._masks
        if selection is None:
            return list(masks)
        assert isinstance(selection, SegmentMasks)  # noqa: S101 - made by `select` of this very index
        if not self._hidden:
            return list(selection.masks)
        all_pairs = zip(selection.masks, masks, strict=True)
        return [chosen if mask is None else chosen & mask for chosen, mask in all_pairs]

    def _shown(self) -> list[Mask | None]:
        """What belongs to the version and is not hidden, by segment; None where that is everything."""
        hidden = np.fromiter(self._hidden, np.int64, len(self._hidden))
        shown: list[Mask | None] = []
        for part in self._parts:
            mask = part.present
            if len(hidden):
                rest = Mask(~np.isin(part.segment.image_ids, hidden))
                mask = rest if mask is None else mask & rest
            shown.append(mask)
        return shown
