"""Queries: a text or an image of the library, conditions and datasets in; ranked hits, grouped by encoder, out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from search.encoders import registry
from search.errors import IndexDamaged, InvalidQuery, NotSearchable, UserError
from search.index.live import LiveIndex, live_indexes
from search.models import Dataset, EncoderRecord, Image, IndexVersion
from search.services import cursors, ranking, relevance
from search.services.conditions import NO_CONDITIONS
from search.services.cursors import Cursor
from search.services.ranking import Hit, Source, Window
from search.services.vectors import stored_vector
from search.values import Conditions, Float32Array

MAX_TEXT = 500
MAX_HITS = 1000
"""Of one answer; more come with its cursor."""

MAX_DEPTH = 10_000
"""Hits of one query, over all its pages."""

_CACHED_TEXTS = 2048


@dataclass(frozen=True, slots=True)
class Question:
    """A text or an image of the library to look for, and what every hit must be like."""

    text: str = ""
    like: Image | None = None
    conditions: Conditions = NO_CONDITIONS

    def fingerprint(self) -> str:
        return cursors.fingerprint(self.text, self.like and self.like.pk, self.conditions)

    def vector(self, encoder: EncoderRecord) -> Float32Array:
        """What the index is asked with. Raises NotSearchable or EncoderUnavailable."""
        if self.like is None:
            return text_vector(encoder.name, self.text)
        found = stored_vector(self.like.pk, encoder)
        if found is None:
            raise NotSearchable(
                f"Image {self.like.name!r} is not indexed by {encoder.name}. "
                "Wait for the run, or index its dataset again."
            )
        return found


@dataclass(frozen=True, slots=True)
class Answered:
    """A dataset that took part, the version that answered, and how many of its images meet the conditions."""

    dataset: Dataset
    version: IndexVersion
    total: int


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of the datasets that share an encoder, whose scores can be compared; `cursor` leads on, empty at the end."""

    encoder: EncoderRecord
    answered: tuple[Answered, ...]
    hits: list[Hit]
    cursor: str
    line: float
    """The score from which on hits are relevant."""

    @property
    def total(self) -> int:
        return sum(one.total for one in self.answered)

    @property
    def relevant(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.score >= self.line]

    @property
    def weaker(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.score < self.line]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A dataset that could not take part, and the sentence that says why."""

    dataset: Dataset
    reason: str


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to one question; `took_ms` covers encoding, search and rows, `notice` says what is not as asked."""

    groups: tuple[Group, ...]
    left_out: tuple[LeftOut, ...]
    took_ms: float
    notice: str

    @property
    def hits(self) -> list[Hit]:
        """Those of all groups, one after the other."""
        return [hit for group in self.groups for hit in group.hits]

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups)

    @property
    def version(self) -> IndexVersion:
        """The one that answered where one dataset was asked."""
        return self.groups[0].answered[0].version


def without_weaker(results: Results) -> Results:
    """The hits above the relevance lines alone; a list that reached its line has no cursor."""
    groups = [
        replace(group, hits=group.relevant, cursor="" if group.weaker else group.cursor) for group in results.groups
    ]
    return replace(results, groups=tuple(groups))


def text_question(text: str, conditions: Conditions = NO_CONDITIONS) -> Question:
    """Images that show what `text` says. Raises InvalidQuery."""
    text = " ".join(text.replace("\0", "").split())
    if not text:
        raise InvalidQuery("The query is empty. Say what the picture shows, for example: a cat on a sofa.")
    if len(text) > MAX_TEXT:
        raise InvalidQuery(f"The query has {len(text)} characters; {MAX_TEXT} at most.")
    return Question(text=text, conditions=conditions)


def search_text(dataset: Dataset, text: str, *, k: int) -> Results:
    """Images of one dataset that show what `text` says. Raises as `search` does."""
    return search(text_question(text), [dataset], k=k)


def search_like(image: Image, *, k: int) -> Results:
    """Images of its dataset that look like `image`, itself left out. Raises as `search` does."""
    return search(Question(like=image), [image.dataset], k=k)


def search(
    question: Question,
    datasets: Sequence[Dataset],
    *,
    k: int,
    cursor: str = "",
    min_relevance: float | None = None,
) -> Results:
    """The k best hits of each group of datasets, or those that follow a cursor, in the versions that it names.

    `min_relevance` is a score that takes the place of each group's relevance line.

    One dataset alone raises NotSearchable, IndexDamaged, EncoderUnavailable or ServiceUnavailable. Of several, those
    that cannot be searched are left out and named, as long as one remains. Raises InvalidQuery for k or the cursor.
    """
    if not 1 <= k <= MAX_HITS:
        raise InvalidQuery(f"k is {k}; it must be from 1 to {MAX_HITS}.")
    started = time.perf_counter()
    begin = cursors.decoded(cursor, question.fingerprint()) if cursor else None
    opening = _Opening(begin)
    for dataset in _of_cursor(datasets, begin):
        opening.open(dataset, is_only=len(datasets) == 1)
    groups = []
    for sources in opening.by_encoder():
        try:
            groups.append(_answer(question, sources, k, begin, min_relevance))
        except UserError as error:
            if len(datasets) == 1:
                raise
            opening.left_out += [LeftOut(source.dataset, str(error)) for source in sources]
    if not groups:
        raise NotSearchable(_nothing_left(opening.left_out))
    took_ms = (time.perf_counter() - started) * 1000
    return Results(tuple(groups), tuple(opening.left_out), took_ms, opening.notice)


@lru_cache(maxsize=_CACHED_TEXTS)
def text_vector(encoder_name: str, text: str) -> Float32Array:
    """Unit vector of a text, shape (dimension,), read-only."""
    vector: Float32Array = registry.text_tower(encoder_name).encode([text])[0]
    vector.flags.writeable = False
    return vector


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
        try:
            self._sources.append(Source(dataset, self._live(dataset)))
        except UserError as error:
            if is_only:
                raise
            self.left_out.append(LeftOut(dataset, str(error)))

    def by_encoder(self) -> list[list[Source]]:
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


def _answer(
    question: Question, sources: list[Source], k: int, begin: Cursor | None, min_relevance: float | None
) -> Group:
    encoder = sources[0].live.version.encoder
    window = Window(k)
    if begin is not None:
        comparable = begin.encoder == encoder.pk
        window = Window(k, begin.offset, begin.image_id if comparable else None, begin.score)
    vector = question.vector(encoder)
    page = ranking.best(vector, sources, window, question.conditions, question.like)
    line = _line(question, vector, sources, page.best) if min_relevance is None else min_relevance
    answered = tuple(
        Answered(source.dataset, source.live.version, total) for source, total in zip(sources, page.totals, strict=True)
    )
    following = ""
    if page.more and page.hits[-1].rank < MAX_DEPTH:
        last = page.hits[-1]
        versions = {source.dataset.pk: source.live.version.pk for source in sources}
        next_cursor = Cursor(question.fingerprint(), encoder.pk, versions, last.rank, last.image.pk, last.score)
        following = cursors.encoded(next_cursor)
    return Group(encoder, answered, page.hits, following, line)


def _line(question: Question, vector: Float32Array, sources: list[Source], best: list[float]) -> float:
    found = [relevance.calibrations.of(source.live) for source in sources]
    known = [one for one in found if one is not None]
    return relevance.line(vector, best, known, is_image=question.like is not None)
