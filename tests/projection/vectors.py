"""Vectors in a file, as maps read them, and their true neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from search.index.memmap import HALF, MappedVectors
from search.values import Float32Array, Int64Array

DIMENSION = 16


def groups(count: int, size: int, spread: float = 0.05) -> Float32Array:
    """So many groups of unit vectors, one after the other, shape (count * size, DIMENSION)."""
    random = np.random.default_rng(0)
    centres = np.repeat(np.eye(count, DIMENSION, dtype=np.float32), size, axis=0)
    vectors = centres + random.normal(size=centres.shape).astype(np.float32) * spread
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def in_file(folder: Path, vectors: Float32Array) -> MappedVectors:
    np.save(folder / "vectors.npy", vectors.astype(HALF))
    return MappedVectors(folder / "vectors.npy", *vectors.shape)


def nearest(vectors: Float32Array, k: int, of: Int64Array | None = None) -> tuple[Int64Array, Float32Array]:
    """The k nearest of all to each, or to those at some positions, best first."""
    similarities = (vectors if of is None else vectors[of]) @ vectors.T
    order = np.argsort(-similarities, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(similarities, order, axis=1)
