"""Timing the query path, part by part, on the machine at hand; medians and their shares, never absolutes alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from search.encoders import registry
from search.index.live import live_indexes
from search.models import Dataset
from search.services.query import search_text

WARM_UPS = 5
_SUBJECTS = (
    "a dog",
    "a red car",
    "an apple",
    "a ship at sea",
    "a bird in flight",
    "a steam train",
    "a flower",
    "a clock",
)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one part took: milliseconds."""

    part: str
    median_ms: float
    p95_ms: float


def query_texts(count: int) -> list[str]:
    """Texts that no cache has seen: each differs by its number."""
    stamp = time.time_ns()
    return [f"{_SUBJECTS[number % len(_SUBJECTS)]}, picture {stamp + number}" for number in range(count)]


def timed(part: str, call: Callable[[str], object], count: int) -> Timing:
    """Calls once a text, the first WARM_UPS uncounted."""
    durations = []
    for text in query_texts(count + WARM_UPS):
        started = time.perf_counter()
        call(text)
        durations.append((time.perf_counter() - started) * 1000)
    counted = sorted(durations[WARM_UPS:])
    return Timing(part, statistics.median(counted), counted[round(0.95 * (len(counted) - 1))])


def time_query(dataset: Dataset, count: int, k: int) -> list[Timing]:
    """The parts of a text query in this process: encoding, index search, the whole service. Raises NotSearchable."""
    live = live_indexes.of(dataset)
    tower = registry.text_tower(live.version.encoder.name)
    vector = tower.encode(["a photo"])[0]
    return [
        timed("encode the text", lambda text: tower.encode([text]), count),
        timed("search the index", lambda _: live.index.search(vector, k), count),
        timed("whole query in one process", lambda text: search_text(dataset, text, k=k), count),
    ]
