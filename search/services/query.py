"""Queries: a text or an image of the library in, ranked hits out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from search.encoders import registry
from search.errors import InvalidQuery, NotSearchable
from search.index.live import LiveIndex, live_indexes
from search.models import Dataset, Image, IndexVersion
from search.services.vectors import stored_vector
from search.values import Float32Array, Match

MAX_TEXT = 500
MAX_HITS = 1000
_CACHED_TEXTS = 2048
_IDS_A_QUERY = 1000
_MOST_ASKED = 20_000
"""Where almost everything was deleted since the build, a short page beats a slow one."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An image, its cosine similarity to the query, and its place, counted from 1."""

    image: Image
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Results:
    """Hits of one query and the index version that gave them; `took_ms` covers encoding, search and rows."""

    dataset: Dataset
    version: IndexVersion
    hits: list[Hit]
    took_ms: float
    more: bool


def search_text(dataset: Dataset, text: str, *, k: int, offset: int = 0) -> Results:
    """Images that show what `text` says. Raises InvalidQuery, NotSearchable, IndexDamaged or EncoderUnavailable."""
    text = " ".join(text.split())
    if not text:
        raise InvalidQuery("The query is empty. Say what the picture shows, for example: a cat on a sofa.")
    if len(text) > MAX_TEXT:
        raise InvalidQuery(f"The query has {len(text)} characters; {MAX_TEXT} at most.")
    return _search(dataset, lambda live: text_vector(live.version.encoder.name, text), k, offset)


def search_like(image: Image, *, k: int, offset: int = 0) -> Results:
    """Images that look like `image`, itself left out. Raises NotSearchable or IndexDamaged."""

    def vector(live: LiveIndex) -> Float32Array:
        found = stored_vector(image.pk, live.version.encoder)
        if found is None:
            raise NotSearchable(
                f"Image {image.name!r} is not indexed yet. Wait for the run, or index the dataset again."
            )
        return found

    return _search(image.dataset, vector, k, offset, leave_out=image.pk)


@lru_cache(maxsize=_CACHED_TEXTS)
def text_vector(encoder_name: str, text: str) -> Float32Array:
    """Unit vector of a text, shape (dimension,), read-only."""
    vector: Float32Array = registry.text_tower(encoder_name).encode([text])[0]
    vector.flags.writeable = False
    return vector


def _search(
    dataset: Dataset,
    vector: Callable[[LiveIndex], Float32Array],
    k: int,
    offset: int,
    leave_out: int | None = None,
) -> Results:
    if not 1 <= k <= MAX_HITS or offset < 0:
        raise InvalidQuery(f"k is {k}; it must be from 1 to {MAX_HITS}.")
    started = time.perf_counter()
    live = live_indexes.of(dataset)
    wanted = offset + k + 1
    found = _searchable_matches(dataset, live, vector(live), wanted, leave_out)
    images = Image.objects.in_bulk([match.image_id for match in found[offset : offset + k]])
    hits = []
    for rank, match in enumerate(found[offset : offset + k], start=offset + 1):
        image = images[match.image_id]
        image.dataset = dataset
        hits.append(Hit(image, match.score, rank))
    return Results(dataset, live.version, hits, (time.perf_counter() - started) * 1000, len(found) >= wanted)


def _searchable_matches(
    dataset: Dataset, live: LiveIndex, query: Float32Array, wanted: int, leave_out: int | None
) -> list[Match]:
    """The best `wanted` that still stand in the dataset: images deleted since the build are asked past."""
    asked = wanted if leave_out is None else wanted + 1
    present: dict[int, bool] = {} if leave_out is None else {leave_out: False}
    while True:
        matches = live.index.search(query, asked)
        present |= _presence(dataset, [match.image_id for match in matches if match.image_id not in present])
        kept = [match for match in matches if present[match.image_id]]
        if len(kept) >= wanted or len(matches) < asked or asked >= _MOST_ASKED:
            return kept[:wanted]
        asked = min(4 * asked, _MOST_ASKED)


def _presence(dataset: Dataset, image_ids: list[int]) -> dict[int, bool]:
    found: set[int] = set()
    for start in range(0, len(image_ids), _IDS_A_QUERY):
        ids = image_ids[start : start + _IDS_A_QUERY]
        found |= set(dataset.images.filter(pk__in=ids, state=Image.State.READY).values_list("pk", flat=True))
    return {image_id: image_id in found for image_id in image_ids}
