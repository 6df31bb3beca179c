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
        """Return the positions in the segment of the vectors that belong to the version, ascending."""
        if self.present is None:
            return np.arange(len(self.segment.image_ids))
        return self.present.positions


@dataclass(frozen=True, slots=True)
class SegmentMasks:
    """A filter as a mask for each segment of an index."""

    masks: tuple[Mask, ...]

    @property
    def count(self) -> int:
        return sum(mask.count for mask in self.masks)


class SegmentedIndex:
    """Searches every segment and merges by score, which is exact in all of them."""

    def __init__(self, parts: Sequence[Part], dimension: int) -> None:
        self._parts = tuple(parts)
        self._dimension = dimension
        members = [(part.segment.image_ids[part.positions], part.positions) for part in self._parts]
        ids = np.concatenate([ids for ids, _ in members])
        self._order = np.argsort(ids, kind="stable")
        self._image_ids = ids[self._order]
        self._part_of = np.repeat(np.arange(len(members)), [len(ids) for ids, _ in members])[self._order]
        self._position_of = np.concatenate([positions for _, positions in members])[self._order]
        self._hidden: frozenset[int] = frozenset()
        self._masks = self._visible_masks()
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
        for part, mask in zip(self._parts, self._allowed_masks(selection), strict=True):
            positions, scores = part.segment.search(query[None, :], k, mask)
            is_hit = positions[0] != NO_POSITION
            ids = part.segment.image_ids[positions[0][is_hit]]
            matches += [Match(int(pk), float(score)) for pk, score in zip(ids, scores[0][is_hit], strict=True)]
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
            self._masks = self._visible_masks()

    def show_hidden(self) -> None:
        with self._lock:
            self._hidden = frozenset()
            self._masks = self._visible_masks()

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
        rows = np.arange(self.count) if of is None else of
        k = min(k, self.count if among is None else len(among))
        masks = [part.present for part in self._parts] if among is None else self._masks_of(among)
        positions = np.empty((len(rows), k), np.int64)
        scores = np.empty((len(rows), k), np.float32)
        batches = [slice(start, start + _NEIGHBOUR_ROWS) for start in range(0, len(rows) if k else 0, _NEIGHBOUR_ROWS)]

        def find(batch: slice) -> tuple[Int64Array, Float32Array]:
            return self._nearest(self._vectors(rows[batch]), k, masks)

        with on_all_cores() as pool:
            for batch, result in zip(batches, pool.map(find, batches), strict=True):
                positions[batch], scores[batch] = result
                report(min(batch.stop, len(rows)), len(rows))
        return positions, scores

    def scores(self, query: Float32Array) -> Float32Array:
        scores = np.empty(self.count, np.float32)
        for number, part in enumerate(self._parts):
            here = self._part_of == number
            scores[here] = part.segment.scores(query)[self._position_of[here]]
        return scores

    def close(self) -> None:
        """Does nothing: the files are closed with their last reader."""

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
        """Return a mask for each part that allows what stands at these positions of `image_ids`."""
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
            positions, cosines = part.segment.search(queries, k, mask)
            ids = part.segment.image_ids[np.maximum(positions, 0)]
            places.append(np.searchsorted(self._image_ids, ids))
            scores.append(np.where(positions == NO_POSITION, -np.inf, cosines))
        all_scores = np.concatenate(scores, axis=1)
        best = np.argsort(-all_scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(np.concatenate(places, axis=1), best, axis=1), np.take_along_axis(
            all_scores, best, axis=1
        )

    def _allowed_masks(self, selection: FilterMask | None) -> list[Mask | None]:
        masks = self._masks
        if selection is None:
            return list(masks)
        assert isinstance(selection, SegmentMasks)  # noqa: S101 - made by `select` of this very index
        if not self._hidden:
            return list(selection.masks)
        all_pairs = zip(selection.masks, masks, strict=True)
        return [chosen if mask is None else chosen & mask for chosen, mask in all_pairs]

    def _visible_masks(self) -> list[Mask | None]:
        """Return a mask for each part of what belongs to the version and is not hidden; None where all does."""
        hidden = np.fromiter(self._hidden, np.int64, len(self._hidden))
        masks: list[Mask | None] = []
        for part in self._parts:
            mask = part.present
            if len(hidden):
                rest = Mask(~np.isin(part.segment.image_ids, hidden))
                mask = rest if mask is None else mask & rest
            masks.append(mask)
        return masks
