"""One page of hits from the open indexes of one encoder: the best of all of them that are still in the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.duplicates.lookup import count_duplicates
from search.filters.cache import selections
from search.filters.filters import meets
from search.index.base import FilterMask
from search.index.live import LiveIndex
from search.models import Dataset, Image
from search.retrieval.relevance import MEASURED
from search.retrieval.tombstones import absence
from search.values import Filters, Float32Array, Match

_MOST_ROUNDS = 6
"""Where images are deleted faster than they are asked past, a short page beats a slow one."""

_DEEPEST = 16_384
"""The number of hits that every index can be asked for."""


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset and the index that answers for it."""

    dataset: Dataset
    live: LiveIndex


@dataclass(frozen=True, slots=True)
class Hit:
    """An image, its cosine similarity to the query, and its place, counted from 1; `copies` stand behind it."""

    image: Image
    score: float
    rank: int
    copies: int = 0
    """The number of images that it stands for beside itself, where copies are collapsed."""


@dataclass(frozen=True, slots=True)
class Window:
    """The k hits that follow `offset` others; the last of these is `after` with `score`, where that is known."""

    k: int
    offset: int = 0
    after: int | None = None
    score: float = 0.0

    def rest(self, matches: list[Match]) -> list[Match]:
        """The matches after the window's beginning."""
        # By the last hit, not by the number: asked for more, an approximate index may find others.
        if self.after is None:
            return matches[self.offset :]
        for position, match in enumerate(matches):
            if match.image_id == self.after:
                return matches[position + 1 :]
        return [match for match in matches if match.score < self.score]


@dataclass(frozen=True, slots=True)
class Page:
    """Hits of a list in a row."""

    hits: list[Hit]
    more: bool
    """Tells whether others follow."""

    totals: list[int]
    """The number of images of each source that pass the filters."""

    top_scores: list[float]
    """The best scores of the whole list, whichever page of it this is."""

    among: int
    """The number of images in the list that this is a page of."""


def page_of_hits(
    query: Float32Array, sources: Sequence[Source], window: Window, filters: Filters, leave_out: Sequence[Image]
) -> Page:
    """The hits of a window, best first. Images that left the library since an index was built are no hits."""
    pool = _Pool(query, sources, filters, leave_out)
    matches, images, top_scores = _fill_window(pool, window)
    copies = count_duplicates(list(images)) if filters.is_collapsed else {}
    hits = []
    for rank, match in enumerate(matches[: window.k], start=window.offset + 1):
        if match.image_id in images:
            image = images[match.image_id]
            image.dataset = pool.dataset_of(image)
            hits.append(Hit(image, match.score, rank, copies.get(image.pk, 0)))
    totals = pool.totals()
    return Page(hits, len(matches) > window.k, totals, top_scores, sum(totals))


def _fill_window(pool: _Pool, window: Window) -> tuple[list[Match], dict[int, Image], list[float]]:
    """The matches of a window and one more, the images of those that are still there, and the best scores of all.

    Searches again where an image has left the library, which is then hidden in its index, and deeper where the window
    is not full although more may follow.
    """
    # The relevance threshold is told by the best scores of the list, so they are asked for with every page.
    depth = max(window.offset + window.k + 1, MEASURED)
    for attempt in range(_MOST_ROUNDS):
        best = pool.search(depth)
        matches = window.rest(best)[: window.k + 1]
        images = _images(matches)
        absent = [match.image_id for match in matches if match.image_id not in images]
        if absent:
            # A second round with absent images means many: all are looked up at once, so that few rounds suffice.
            pool.hide(absent, every=attempt > 0)
            continue
        if len(matches) > window.k or pool.is_exhausted or depth == _DEEPEST:
            break
        depth = min(2 * depth, _DEEPEST)  # the last hit of the page before stood further down than it did then
    return matches, images, [match.score for match in best[:MEASURED]]


def _images(matches: list[Match]) -> dict[int, Image]:
    ready = Image.objects.filter(state=Image.State.READY).order_by()
    return ready.in_bulk([match.image_id for match in matches])


class _Pool:
    """Several indexes searched as one."""

    def __init__(
        self, query: Float32Array, sources: Sequence[Source], filters: Filters, leave_out: Sequence[Image]
    ) -> None:
        self._query = query
        self._sources = sources
        self._filters = filters
        self._leave_out = leave_out
        self._datasets = {source.dataset.pk: source.dataset for source in sources}
        self.is_exhausted = False
        for source in sources:
            absence.show_returned(source.dataset, source.live.index)
        self._select(anew=False)

    def search(self, k: int) -> list[Match]:
        """The best k of all, the best first; equal scores in the order of the ids."""
        depth = k + len(self._leave_out)
        answers = [
            source.live.index.search(self._query, depth, selection)
            for source, selection in zip(self._sources, self._selections, strict=True)
        ]
        self.is_exhausted = all(len(matches) < depth for matches in answers)
        merged = answers[0]
        if len(answers) > 1:
            merged = sorted(
                (match for matches in answers for match in matches), key=lambda match: (-match.score, match.image_id)
            )
        if self._leave_out:
            query_images = {image.pk for image in self._leave_out}
            merged = [match for match in merged if match.image_id not in query_images]
        return merged[:k]

    def hide(self, absent: list[int], *, every: bool) -> None:
        """Hides images in whichever index they stand, and counts anew what passes the filters."""
        for source in self._sources:
            inside = [image_id for image_id in absent if _holds(source, image_id)]
            if inside:
                absence.hide(source.dataset, source.live.index, inside, every=every)
        self._select(anew=True)

    def totals(self) -> list[int]:
        """Return how many images of each source can be hits, without those left out."""
        return [
            (source.live.index.count - absence.count(source.live.index) if selection is None else selection.count)
            - self._leaves_out_of(source)
            for source, selection in zip(self._sources, self._selections, strict=True)
        ]

    def dataset_of(self, image: Image) -> Dataset:
        """The dataset of a hit, which no query has to fetch again."""
        return self._datasets[image.dataset_id]

    def _select(self, *, anew: bool) -> None:
        self._selections: list[FilterMask | None] = [
            selections.of(source.dataset, source.live, self._filters, anew=anew) if self._filters else None
            for source in self._sources
        ]

    def _leaves_out_of(self, source: Source) -> int:
        inside = (image for image in self._leave_out if image.dataset_id == source.dataset.pk)
        return sum(_holds(source, image.pk) and meets(image, self._filters) for image in inside)


def _holds(source: Source, image_id: int) -> bool:
    ids = source.live.index.image_ids
    position = int(np.searchsorted(ids, image_id))
    return position < len(ids) and int(ids[position]) == image_id
