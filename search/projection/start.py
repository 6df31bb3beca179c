"""Where the layout begins: the two directions in which the vectors differ most, from vectors read in chunks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from search.index.memmap import MappedVectors
from search.values import Float32Array, Int64Array

_ROWS = 16_384
_NO_SPREAD = 1e-9
"""Variance of unit vectors below which they are equal: float16 tells no smaller differences."""

_GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))


def principal_start(vectors: MappedVectors, positions: Int64Array) -> Float32Array | None:
    """Principal components of these vectors, shape (len(positions), 2), or None where all are equal.

    Memory holds one chunk and a matrix of the dimension, however many vectors there are.
    """
    dimension = vectors.dimension
    total, products = np.zeros(dimension), np.zeros((dimension, dimension))
    origin = vectors.take(positions[:1])  # what is equal to it counts as nothing at all, whatever is rounded
    for rows in _chunks(vectors, positions, origin):
        total += rows.sum(axis=0, dtype=np.float64)
        products += rows.T @ rows
    mean = total / len(positions)
    variances, directions = np.linalg.eigh(products / len(positions) - np.outer(mean, mean))
    if variances[-1] < _NO_SPREAD:
        return None
    width = min(2, dimension)
    axes = directions[:, ::-1][:, :width].astype(np.float32)
    # An eigenvector may point either way; this one way is the same everywhere.
    axes *= np.where(axes[np.abs(axes).argmax(axis=0), np.arange(width)] < 0, -1.0, 1.0).astype(np.float32)
    offset = mean.astype(np.float32) @ axes
    start = np.zeros((len(positions), 2), np.float32)
    start[:, :width] = np.concatenate([rows @ axes for rows in _chunks(vectors, positions, origin)]) - offset
    return start


def sunflower(count: int) -> Float32Array:
    """Places for points of which none is nearer to one than to another, shape (count, 2): evenly over a disc."""
    numbers = np.arange(count)
    radius, angle = np.sqrt(numbers), numbers * _GOLDEN_ANGLE
    places: Float32Array = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
    return places


def _chunks(vectors: MappedVectors, positions: Int64Array, origin: Float32Array) -> Iterator[Float32Array]:
    starts = range(0, len(positions), _ROWS)
    return (vectors.take(positions[start : start + _ROWS]) - origin for start in starts)
