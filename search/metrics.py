"""What a process counts about itself: the seconds that requests and the phases of searches took.

Kept in the memory of the process; `/metrics` shows them beside what SQL and Valkey know of the whole site.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

OF_THIS_PROCESS = CollectorRegistry()
ProcessCollector(namespace="clipsite", registry=OF_THIS_PROCESS)

REQUESTS = Histogram(
    "clipsite_request_seconds",
    "Seconds until an answer begins, by method, address pattern and status.",
    # The address is a pattern of the URLs, never what visitors make up: each new label would stay in memory.
    ("method", "address", "status"),
    buckets=_SECONDS,
    registry=OF_THIS_PROCESS,
)
_SEARCHES = Histogram(
    "clipsite_search_seconds",
    "Seconds that a search takes, by phase: open the indexes, encode the question, find and read the hits, all.",
    ("phase",),
    buckets=(0.001, *_SECONDS),
    registry=OF_THIS_PROCESS,
)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Times the `with` block as a phase of a search, whether or not it succeeds."""
    started = time.perf_counter()
    try:
        yield
    finally:
        _SEARCHES.labels(name).observe(time.perf_counter() - started)
