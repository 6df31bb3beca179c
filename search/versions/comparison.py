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
    """What one version answered, and how long the text and the index took."""

    version: IndexVersion
    hits: tuple[ComparedHit, ...]
    encode_ms: float
    search_ms: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both answers; `shared` of each side's hits are the same images."""

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


def compare_versions(dataset: Dataset, question: Question, left_id: int, right_id: int, *, k: int) -> Comparison:
    """The k best of each version, of all its images. Raises InvalidQuery, NotSearchable for a version that is not
    ready, or what the encoders raise.
    """
    if not 1 <= k <= MOST_HITS:
        raise InvalidQuery(f"k is {k}; it must be from 1 to {MOST_HITS}.")
    left, right = (_answer(dataset, question, version_id, k) for version_id in (left_id, right_id))
    shared = {image.pk for image, _ in left.images} & {image.pk for image, _ in right.images}
    return Comparison(question.text, _side(left, shared), _side(right, shared), len(shared))


def ask_version(dataset: Dataset, question: Question, version_id: int, *, k: int) -> Side:
    """What one version answers, live or not. Raises as `compare_versions` does."""
    return compare_versions(dataset, question, version_id, version_id, k=k).left


def _answer(dataset: Dataset, question: Question, version_id: int, k: int) -> _Answer:
    live = live_indexes.pinned(dataset, version_id)
    registry.text_tower(live.version.encoder.name)  # loaded ahead, so that loading is not measured
    begun = time.perf_counter()
    vector = question.vector(live.version.encoder)
    encoded = time.perf_counter()
    named = {image.pk for image in question.images}
    asked = k + len(named)
    matches = live.index.search(vector, asked)
    searched = time.perf_counter()
    images = _existing(dataset, matches)
    if len(images) < len(matches):  # some were deleted since the build
        images = _existing(dataset, live.index.search(vector, 2 * asked + len(matches) - len(images)))
    images = [(image, score) for image, score in images if image.pk not in named][:k]
    return _Answer(live, images, (encoded - begun) * 1000, (searched - encoded) * 1000)


def _existing(dataset: Dataset, matches: list[Match]) -> list[tuple[Image, float]]:
    ids = [match.image_id for match in matches]
    found = dataset.images.filter(state=Image.State.READY).in_bulk(ids)
    return [(found[match.image_id], match.score) for match in matches if match.image_id in found]


def _side(answer: _Answer, shared: set[int]) -> Side:
    hits = tuple(
        ComparedHit(image, score, rank, image.pk in shared)
        for rank, (image, score) in enumerate(answer.images, start=1)
    )
    return Side(answer.live.version, hits, answer.encode_ms, answer.search_ms)
