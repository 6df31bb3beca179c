"""How many lists a query must look into: measured against exact search on queries of the dataset's own kind."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from search.index.faiss.ivf import IvfSegment
from search.index.faiss.segment import NO_POSITION
from search.values import Float32Array, Int64Array

DEPTHS = (10, 100, 1000)
"""Numbers of hits that are tuned for; between them the next larger counts."""

_QUERIES = 256
_MARGIN = 0.005
"""Other queries than these will be asked."""


@dataclass(frozen=True, slots=True)
class TuningResult:
    """The lists to look into by number of hits, and the share of the exact hits found that way, from 0 to 1."""

    probes: dict[int, int]
    recall: dict[int, float]

    def as_notes(self) -> dict[str, dict[str, float]]:
        return {name: {str(hits): value for hits, value in by_hits.items()} for name, by_hits in asdict(self).items()}


def tune(segment: IvfSegment, target: float, text_queries: Float32Array) -> TuningResult:
    """The fewest lists that reach the target recall at each depth, for pictures and for `text_queries` alike.

    All lists where nothing less does. `text_queries` are vectors of texts, shape (n, dimension); there may be none.
    """
    # Texts lie apart from images, so that a width that suits one may miss hits of the other: the worse group counts.
    groups = [queries for queries in (synthetic_queries(segment), text_queries) if len(queries)]
    depths = [hits for hits in DEPTHS if 4 * hits <= len(segment.image_ids)] or [DEPTHS[0]]
    exact = [exact_hits(segment, queries, max(depths))[0] for queries in groups]
    probes, recall, fewest = {}, {}, 1
    for hits in depths:
        queries_with_hits = [(queries, true[:, :hits]) for queries, true in zip(groups, exact, strict=True)]
        fewest, recall_there = _fewest(segment, queries_with_hits, min(1.0, target + _MARGIN), fewest)
        probes[hits], recall[hits] = fewest, recall_there
    return TuningResult(probes, recall)


def synthetic_queries(segment: IvfSegment, count: int = _QUERIES) -> Float32Array:
    """Unit vectors like those that people ask for, shape (count, dimension).

    One half lies between two images of the dataset, as the vector of a text does: near many pictures, on none. The
    other half is an image with noise of half its length, as another photo of the same thing.
    """
    random = np.random.default_rng(1)
    some = np.sort(
        random.choice(len(segment.image_ids), min(count + count // 2, len(segment.image_ids)), replace=False)
    )
    vectors = random.permutation(segment.take(some))
    half = len(vectors) // 3
    between = vectors[:half] + vectors[half : 2 * half]
    near = vectors[2 * half :]
    noise = random.standard_normal(near.shape).astype(np.float32)
    noise *= 0.5 / np.linalg.norm(noise, axis=1, keepdims=True)
    queries = np.concatenate([between, near + noise])
    lengths = np.linalg.norm(queries, axis=1, keepdims=True)
    unit: Float32Array = (queries / np.maximum(lengths, 1e-6)).astype(np.float32)
    return unit


def exact_hits(segment: IvfSegment, queries: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
    """Positions and cosines of the true k nearest, by comparing with every float16 vector; shapes (n, k)."""
    best_positions = np.full((len(queries), k), NO_POSITION, np.int64)
    best_scores = np.full((len(queries), k), -np.inf, np.float32)
    for start, rows in segment.vectors.chunks():
        scores = queries @ rows.T
        positions = np.broadcast_to(np.arange(start, start + len(rows)), scores.shape)
        all_scores = np.concatenate([best_scores, scores], axis=1)
        all_positions = np.concatenate([best_positions, positions], axis=1)
        best = np.argpartition(-all_scores, k - 1, axis=1)[:, :k]
        best_scores = np.take_along_axis(all_scores, best, axis=1)
        best_positions = np.take_along_axis(all_positions, best, axis=1)
    order = np.argsort(-best_scores, axis=1, kind="stable")
    return np.take_along_axis(best_positions, order, axis=1), np.take_along_axis(best_scores, order, axis=1)


def recall_of(hits: Int64Array, exact: Int64Array) -> float:
    """The share of the exact hits that were found, shapes (n, k)."""
    shared = [len(np.intersect1d(own, true)) for own, true in zip(hits, exact, strict=True)]
    return float(np.sum(shared) / exact.size)


def _fewest(
    segment: IvfSegment, queries_with_hits: list[tuple[Float32Array, Int64Array]], target: float, low: int
) -> tuple[int, float]:
    """Doubles until the target is met, then halves the last step; fewer lists than `low` are not tried."""

    def recall_at(probes: int) -> float:
        """Return the recall of the group that fares worst."""
        return min(
            recall_of(segment.probe(queries, exact.shape[1], probes)[0], exact) for queries, exact in queries_with_hits
        )

    probes, recall = low, recall_at(low)
    while recall < target and probes < segment.lists:
        low, probes = probes, min(2 * probes, segment.lists)
        recall = recall_at(probes)
    while probes - low > max(1, probes // 8):
        middle = (low + probes) // 2
        at_middle = recall_at(middle)
        if at_middle >= target:
            probes, recall = middle, at_middle
        else:
            low = middle
    return probes, recall
