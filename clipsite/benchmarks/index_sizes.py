"""Benchmark of an index of a given size: build, memory, latency, recall, filters. Each step runs in a fresh process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clipsite.benchmarks.memory import PeakMemory, resident_mb
from clipsite.benchmarks.vectors import FileContent, VectorFile
from search.index import store
from search.index.base import Criteria, FilterMask, VectorIndex
from search.values import Filters, Float32Array, Int64Array

SELECTIVITIES = (0.1, 0.01, 0.001)
HITS = 10
_QUERIES = 300
_RECALL_QUERIES = 200
_WARM_UPS = 20
_MB = 1 << 20


def build(file: VectorFile, folder: Path) -> dict[str, Any]:
    """Publish a version, and measure seconds, megabytes of its files and the peak memory of this process."""
    before = resident_mb()
    with PeakMemory() as peak:
        started = time.perf_counter()
        notes = store.publish(folder, FileContent(file))
        seconds = time.perf_counter() - started
    return {
        "n": file.count,
        "kind": notes["kind"],
        "build_s": seconds,
        "file_mb": notes["bytes"] / _MB,
        "build_peak_mb": peak.most_mb - before,
        "measured_recall": notes["recall_at_10"],
    }


def serve(file: VectorFile, folder: Path) -> dict[str, Any]:
    """Measure single queries in this process: latencies, memory after them, recall against exact search, filters."""
    before = resident_mb()
    index = store.open_verified(folder, FileContent.encoder, file.dimension)
    queries = queries_like(file, _QUERIES)
    latencies = milliseconds(lambda query: index.search(query, HITS), queries)
    after = resident_mb()
    figures: dict[str, Any] = quantiles(latencies) | {"rss_mb": after, "rss_of_index_mb": after - before}
    exact = exact_ids(file, queries[:_RECALL_QUERIES])
    figures["recall_at_10"] = recall(index, queries[:_RECALL_QUERIES], exact)
    figures["filtered"] = [_measure_filtered(file, index, queries, share) for share in SELECTIVITIES]
    return figures


def _measure_filtered(file: VectorFile, index: VectorIndex, queries: Float32Array, share: float) -> dict[str, float]:
    image_ids = np.sort(np.random.default_rng(3).choice(file.count, max(1, int(file.count * share)), replace=False)) + 1
    started = time.perf_counter()
    selection = index.select(Criteria(Filters(), lambda: image_ids))
    select_ms = (time.perf_counter() - started) * 1000
    latencies = milliseconds(lambda query: index.search(query, HITS, selection), queries)
    queries_for_recall = queries[: _RECALL_QUERIES // 4]
    return {
        "selectivity": share,
        "select_ms": select_ms,
        "recall_at_10": recall(index, queries_for_recall, exact_ids(file, queries_for_recall, image_ids), selection),
        **quantiles(latencies),
    }


def queries_like(file: VectorFile, count: int) -> Float32Array:
    """Return unit vectors near those of the file, none of it: each an image plus noise of two thirds its length."""
    random = np.random.default_rng(2)
    places = np.sort(random.choice(file.count, count, replace=False))
    vectors = random.permutation(file.read()[places].astype(np.float32))
    noise = random.standard_normal(vectors.shape).astype(np.float32)
    vectors += noise * (0.67 / np.linalg.norm(noise, axis=1, keepdims=True))
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def exact_ids(file: VectorFile, queries: Float32Array, image_ids: Int64Array | None = None) -> Int64Array:
    """Return the ids of the true HITS nearest among these images, shape (n, HITS), by comparing with every vector."""
    ids = np.arange(1, file.count + 1) if image_ids is None else image_ids
    vectors = file.read()
    best_scores = np.full((len(queries), HITS), -np.inf, np.float32)
    best_ids = np.zeros((len(queries), HITS), np.int64)
    for start in range(0, len(ids), 16_384):
        some = ids[start : start + 16_384]
        scores = np.concatenate([best_scores, queries @ vectors[some - 1].astype(np.float32).T], axis=1)
        all_ids = np.concatenate([best_ids, np.broadcast_to(some, (len(queries), len(some)))], axis=1)
        order = np.argsort(-scores, axis=1)[:, :HITS]
        best_scores, best_ids = np.take_along_axis(scores, order, 1), np.take_along_axis(all_ids, order, 1)
    return best_ids


def recall(index: VectorIndex, queries: Float32Array, exact: Int64Array, selection: FilterMask | None = None) -> float:
    """Return the share of the exact hits that the index finds."""
    hit_ids = [{match.image_id for match in index.search(query, HITS, selection)} for query in queries]
    hits = sum(len(own & set(true.tolist()) - {0}) for own, true in zip(hit_ids, exact, strict=True))
    return hits / int(np.count_nonzero(exact))


def milliseconds(call: Callable[[Float32Array], object], queries: Float32Array) -> list[float]:
    """Return the milliseconds of each call, after some calls that do not count."""
    for query in queries[:_WARM_UPS]:
        call(query)
    durations = []
    for query in queries:
        started = time.perf_counter()
        call(query)
        durations.append((time.perf_counter() - started) * 1000)
    return durations


def quantiles(latencies: Sequence[float]) -> dict[str, float]:
    """Return the median, 95th and 99th percentile."""
    cuts = statistics.quantiles(latencies, n=100, method="inclusive")
    return {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98]}
