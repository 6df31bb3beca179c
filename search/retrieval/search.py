"""Searching: a question and datasets in, ranked hits out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from search.errors import BadTerm, IndexDamaged, InvalidQuery, NotSearchable, UserError
from search.index.live import LiveIndex, live_indexes
from search.metrics import phase
from search.models import Dataset, Image
from search.query import cursors
from search.query.cursors import Cursor
from search.query.question import Question, like_question, text_question
from search.retrieval import ranking, relevance, sorting
from search.retrieval.ranking import Source, Window
from search.retrieval.results import Answered, Group, LeftOut, Results
from search.values import Float32Array, Order

MAX_HITS = 1000
"""Hits of one answer; more come with its cursor."""

MAX_DEPTH = 10_000
"""Hits of one query, over all its pages."""


def search_text(dataset: Dataset, text: str, *, k: int) -> Results:
    """Images of one dataset that show what `text` says. Raises as `search` does."""
    return search(text_question(text), [dataset], k=k)


def search_like(image: Image, *, k: int) -> Results:
    """Images of its dataset that look like `image`, itself left out. Raises as `search` does."""
    return search(like_question(image), [image.dataset], k=k)


def search(
    question: Question,
    datasets: Sequence[Dataset],
    *,
    k: int,
    cursor: str = "",
    order: Order = Order.RELEVANCE,
    min_relevance: float | None = None,
) -> Results:
    """The k first hits of each group of datasets, or those that follow a cursor, in the versions that it names.

    `min_relevance` is a score that takes the place of each group's relevance threshold.

    One dataset alone raises NotSearchable, IndexDamaged, EncoderUnavailable or ServiceUnavailable. Of several, those
    that cannot be searched are left out and named, as long as one remains. Raises InvalidQuery for k or the cursor.
    """
    if not 1 <= k <= MAX_HITS:
        raise InvalidQuery(f"k is {k}; it must be from 1 to {MAX_HITS}.")
    with phase("all"):
        return _search(_Query(question, k, order, min_relevance), datasets, cursor)


def _search(query: _Query, datasets: Sequence[Dataset], cursor: str) -> Results:
    started = time.perf_counter()
    begin = cursors.decoded(cursor, query.fingerprint()) if cursor else None
    opening = _Opening(begin)
    with phase("open"):
        for dataset in _of_cursor(datasets, begin):
            opening.open(dataset, is_only=len(datasets) == 1)
    groups = []
    for sources in opening.by_encoder():
        try:
            groups.append(_answer(query, sources, begin))
        except UserError as error:
            # A term that cannot be used is wrong in every dataset, so the query is refused and no dataset left out.
            if len(datasets) == 1 or isinstance(error, BadTerm):
                raise
            opening.left_out += [LeftOut(source.dataset, str(error)) for source in sources]
    if not groups:
        raise NotSearchable(_nothing_left(opening.left_out))
    notices = [opening.notice, *(sorting.notice_of(query.order, group.among, group.total) for group in groups)]
    took_ms = (time.perf_counter() - started) * 1000
    return Results(tuple(groups), tuple(opening.left_out), took_ms, " ".join(filter(None, notices)))


def _of_cursor(datasets: Sequence[Dataset], begin: Cursor | None) -> Sequence[Dataset]:
    if begin is None:
        return datasets
    continued = [dataset for dataset in datasets if dataset.pk in begin.versions]
    if not continued:
        raise InvalidQuery("The cursor belongs to another dataset. Leave it out to begin with the first image.")
    return continued


def _nothing_left(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return "There is no dataset to search."
    if len(left_out) == 1:
        return left_out[0].reason
    return f"None of the {len(left_out)} datasets can be searched now. {left_out[0].reason}"


class _Opening:
    """Opens what is to be searched: the live versions, or those of a cursor where they are still kept."""

    def __init__(self, begin: Cursor | None) -> None:
        self._begin = begin
        self._sources: list[Source] = []
        self.left_out: list[LeftOut] = []
        self.notice = ""

    def open(self, dataset: Dataset, *, is_only: bool) -> None:
        """Opens a dataset, or leaves it out with its error; raises that where it `is_only`."""
        try:
            self._sources.append(Source(dataset, self._live(dataset)))
        except UserError as error:
            if is_only:
                raise
            self.left_out.append(LeftOut(dataset, str(error)))

    def by_encoder(self) -> list[list[Source]]:
        """The open sources in groups whose scores can be compared: those of one encoder."""
        groups: dict[int, list[Source]] = {}
        for source in self._sources:
            groups.setdefault(source.live.version.encoder_id, []).append(source)
        return list(groups.values())

    def _live(self, dataset: Dataset) -> LiveIndex:
        live = live_indexes.of(dataset)
        if self._begin is None or self._begin.versions[dataset.pk] == live.version.pk:
            return live
        try:
            return live_indexes.pinned(dataset, self._begin.versions[dataset.pk])
        except (NotSearchable, IndexDamaged):
            self.notice = (
                f"The index version of {dataset.name} that this list began with is no longer kept. "
                f"It goes on with version {live.version.number}, so an image may be missing or come twice."
            )
            return live


@dataclass(frozen=True, slots=True)
class _Query:
    """A question, how many hits, in which order, and the score that replaces the relevance threshold."""

    question: Question
    k: int
    order: Order
    min_relevance: float | None

    def fingerprint(self) -> str:
        """Tells cursors of this list from others: by the question, and by the order where it is not relevance."""
        question = self.question.fingerprint()
        return question if self.order is Order.RELEVANCE else cursors.fingerprint(question, self.order.value)


def _answer(query: _Query, sources: list[Source], begin: Cursor | None) -> Group:
    encoder = sources[0].live.version.encoder
    window = Window(query.k)
    if begin is not None:
        # Scores of another encoder cannot be compared: then the list goes on by number instead of by its last hit.
        comparable = begin.encoder == encoder.pk
        window = Window(query.k, begin.offset, begin.image_id if comparable else None, begin.score)
    with phase("encode"):
        vector = query.question.vector(encoder)
    within = (vector, sources, window, query.question.filters, query.question.images)
    threshold_of = partial(_threshold, query, vector, sources)
    with phase("find"):
        if query.order is Order.RELEVANCE:
            page = ranking.page_of_hits(*within)
            threshold = threshold_of(page.top_scores)
        else:
            page, threshold = sorting.sorted_page(*within, query.order, threshold_of)
    answered = tuple(
        Answered(source.dataset, source.live.version, total) for source, total in zip(sources, page.totals, strict=True)
    )
    following = ""
    if page.more and page.hits[-1].rank < MAX_DEPTH:
        last = page.hits[-1]
        # Following pages search the same versions, so that a list that somebody scrolls is of one moment.
        versions = {source.dataset.pk: source.live.version.pk for source in sources}
        next_cursor = Cursor(query.fingerprint(), encoder.pk, versions, last.rank, last.image.pk, last.score)
        following = cursors.encoded(next_cursor)
    return Group(encoder, answered, page.hits, following, threshold, page.among)


def _threshold(query: _Query, vector: Float32Array, sources: list[Source], best: list[float]) -> float:
    if query.min_relevance is not None:
        return query.min_relevance
    calibrations = [relevance.calibrations.of(source.live) for source in sources]
    known = [one for one in calibrations if one is not None]
    return relevance.threshold(vector, best, known, is_image=query.question.shows_pictures)
