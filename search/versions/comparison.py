"""Two versions of a dataset asked the same question, to look at before one of them goes live."""

from __future__ import annotations

import time
from dataclasses import dataclass

from search.encoders import registry
from search.errors import InvalidQuery
from search.index.live import LiveIndex, live_indexes
from search.models import Dataset, Image, IndexVersion
from search.query.question import Question
from search.values import Match

MOST_HITS = 100


@dataclass(frozen=True, slots=True)
class ComparedHit:
    """An image in the answer of one version; `is_shared` says that the other version found it too."""

    image: Image
    score: float
    rank: int
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Side:
    """The answer of one version, and how many milliseconds the text and the index took."""

    version: IndexVersion
    hits: tuple[ComparedHit, ...]
    encode_ms: float
    search_ms: float


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """The answers of two versions to one question; `shared` of each side's hits are the same images."""

    text: str
    left: Side
    right: Side
    shared: int


@dataclass(frozen=True, slots=True)
class _Answer:
    live: LiveIndex
    images: list[tuple[Image, float]]
    encode_ms: float
    search_ms: float


def compare_versions(dataset: Dataset, question: Question, left_id: int, right_id: int, *, k: int) -> VersionComparison:
    """Asks two versions one question; returns the k best hits of each among all its images.

    Raises InvalidQuery, NotSearchable for a version that is not ready, and what the encoders raise.
    """
    if not 1 <= k <= MOST_HITS:
        raise InvalidQuery(f"k is {k}; it must be from 1 to {MOST_HITS}.")
    left, right = (_answer(dataset, question, version_id, k) for version_id in (left_id, right_id))
    shared = {image.pk for image, _ in left.images} & {image.pk for image, _ in right.images}
    return VersionComparison(question.text, _side(left, shared), _side(right, shared), len(shared))


def ask_version(dataset: Dataset, question: Question, version_id: int, *, k: int) -> Side:
    """Asks one version, live or not. Raises what `compare_versions` raises."""
    return compare_versions(dataset, question, version_id, version_id, k=k).left


def _answer(dataset: Dataset, question: Question, version_id: int, k: int) -> _Answer:
    live = live_indexes.pinned(dataset, version_id)
    registry.text_tower(live.version.encoder.name)  # loaded ahead, so that loading is not measured
    started = time.perf_counter()
    vector = question.vector(live.version.encoder)
    encoded_at = time.perf_counter()
    query_ids = {image.pk for image in question.images}
    wanted = k + len(query_ids)  # the images of the question themselves are no hits
    matches = live.index.search(vector, wanted)
    searched_at = time.perf_counter()
    images = _existing(dataset, matches)
    if len(images) < len(matches):  # some were deleted since the build
        images = _existing(dataset, live.index.search(vector, 2 * wanted + len(matches) - len(images)))
    images = [(image, score) for image, score in images if image.pk not in query_ids][:k]
    return _Answer(live, images, (encoded_at - started) * 1000, (searched_at - encoded_at) * 1000)


def _existing(dataset: Dataset, matches: list[Match]) -> list[tuple[Image, float]]:
    ids = [match.image_id for match in matches]
    images = dataset.images.filter(state=Image.State.READY).in_bulk(ids)
    return [(images[match.image_id], match.score) for match in matches if match.image_id in images]


def _side(answer: _Answer, shared: set[int]) -> Side:
    hits = tuple(
        ComparedHit(image, score, rank, image.pk in shared)
        for rank, (image, score) in enumerate(answer.images, start=1)
    )
    return Side(answer.live.version, hits, answer.encode_ms, answer.search_ms)
