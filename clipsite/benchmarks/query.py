"""Times of the query path, part by part, on this machine; medians and their shares, never absolutes alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from random import SystemRandom

from search.encoders import registry
from search.index.live import live_indexes
from search.models import Dataset
from search.retrieval.search import search_text

WARM_UPS = 5
_ADJECTIVES = "small large old new red green blue yellow white black broken shiny wet dusty wooden metal striped round"
_THINGS = (
    "dog cat car boat bird train flower clock apple chair table house bridge horse bicycle lamp book cup tree tower"
)
_SITES = (
    "beach street kitchen forest bridge hill garden market museum roof lake field river room wall city station tower"
)
_NEARNESS = "on near behind under by"
_texts: list[str] = []


@dataclass(frozen=True, slots=True)
class Timing:
    """The milliseconds that one part of a query took."""

    part: str
    median_ms: float
    p95_ms: float


def query_texts(count: int) -> list[str]:
    """Return texts of the length that people search for, none of which comes twice from this process."""
    if len(_texts) < count:
        words = (part.split() for part in (_ADJECTIVES, _THINGS, _NEARNESS, _SITES))
        _texts[:] = [f"a {one} {thing} {near} a {site}" for one, thing, near, site in product(*words)]
        SystemRandom().shuffle(_texts)  # no cache of a running site has seen many of them
    texts = _texts[-count:]
    del _texts[-count:]
    return texts


def time_part(part: str, call: Callable[[str], object], count: int, *, seconds_between: float = 0) -> Timing:
    """Time one call a text, after WARM_UPS calls that do not count; the pause before each does not count either."""
    durations = []
    for text in query_texts(count + WARM_UPS):
        time.sleep(seconds_between)
        started = time.perf_counter()
        call(text)
        durations.append((time.perf_counter() - started) * 1000)
    timed = sorted(durations[WARM_UPS:])
    return Timing(part, statistics.median(timed), timed[round(0.95 * (len(timed) - 1))])


def time_query(dataset: Dataset, count: int, k: int) -> list[Timing]:
    """Time the parts of a text query in this process: encoding, index search, all of it. Raises NotSearchable."""
    live = live_indexes.of(dataset)
    tower = registry.text_tower(live.version.encoder.name)
    vector = tower.encode(["a photo"])[0]
    return [
        time_part("encode the text", lambda text: tower.encode([text]), count),
        time_part("search the index", lambda _: live.index.search(vector, k), count),
        time_part("whole query in one process", lambda text: search_text(dataset, text, k=k), count),
    ]
