"""Vectors for index tests, and content that comes from arrays instead of a database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from search.index.base import Chunk, ScalarFields
from search.values import Float32Array, Int64Array, UInt64Array

DIMENSION = 24


def unit_vectors(count: int, seed: int = 7) -> Float32Array:
    """Random unit vectors, shape (count, DIMENSION)."""
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def clustered_vectors(count: int, seed: int = 7) -> Float32Array:
    """Unit vectors around some hundred centres, as photos of some hundred subjects are."""
    random = np.random.default_rng(seed)
    centres = unit_vectors(200, seed)
    vectors = centres[random.integers(len(centres), size=count)]
    vectors = vectors + random.normal(size=vectors.shape).astype(np.float32) * 0.12
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@dataclass
class ArrayContent:
    """What a version is to hold: ids, ascending, and their vectors."""

    image_ids: Int64Array
    vectors: Float32Array
    encoder: str = "fake/colours/32"
    dimension: int = DIMENSION
    rows: int = 1000
    checksums: UInt64Array = field(init=False)

    def __post_init__(self) -> None:
        self.checksums = np.ascontiguousarray(self.vectors.astype(np.float64)).view(np.uint64)[:, 0].copy()

    def chunks(self, image_ids: Int64Array | None = None) -> Iterator[Chunk]:
        places = np.arange(len(self.image_ids))
        if image_ids is not None:
            places = np.flatnonzero(np.isin(self.image_ids, image_ids))
        for start in range(0, len(places), self.rows):
            some = places[start : start + self.rows]
            yield Chunk(self.image_ids[some], self.vectors[some].astype(np.float16))

    def sample_queries(self) -> Float32Array:
        return clustered_vectors(100, seed=4)

    def scalar_fields(self, image_ids: Int64Array) -> list[ScalarFields]:
        return [ScalarFields(int(pk), f"{pk}.jpg", 64, 48, None, 0) for pk in image_ids]


def content(count: int, first: int = 1000) -> ArrayContent:
    return ArrayContent(np.arange(first, first + count, dtype=np.int64), clustered_vectors(count))


def best_ids(content: ArrayContent, query: Float32Array, k: int) -> list[int]:
    """Ids of the k nearest, by comparing with all."""
    scores = content.vectors.astype(np.float16).astype(np.float32) @ query
    best: list[int] = content.image_ids[np.argsort(-scores)[:k]].tolist()
    return best
