"""How far a map can be trusted: whether what lies together on it is alike.

Trustworthiness: Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", ICANN 2001. It sums over
all points how far down the list of true neighbours the neighbours on the map stand. Here the sum is over a sample of
the points, each compared with all others, so that its expectation is the figure itself.
"""

from __future__ import annotations

import numpy as np

from search.index.memmap import MappedVectors
from search.values import Float32Array, Int64Array

NEIGHBOURS = 15
SAMPLE = 1000
"""Points asked, at most: the figure then varies by about 0.002 from sample to sample."""

_FEWEST = 4
_ROUNDING = 1e-6
"""A cosine computed twice, in matrices of two shapes, differs by less."""


def trustworthiness(vectors: MappedVectors, coordinates: Float32Array, sample: int = SAMPLE) -> float | None:
    """From 0 to 1, of coordinates of shape (n, 2); None for fewer points than can have neighbours and others."""
    from scipy.spatial import cKDTree

    count = len(coordinates)
    k = min(NEIGHBOURS, (count - 2) // 2)
    if count < _FEWEST or k < 1:
        return None
    asked: Int64Array = np.arange(count)
    if count > sample:
        asked = np.sort(np.random.default_rng(0).choice(count, sample, replace=False))
    near = cKDTree(coordinates).query(coordinates[asked], k + 1)[1]
    # Where points lie upon each other, the point itself may not be the first that is found.
    others = np.stack([row[row != own][:k] for row, own in zip(near, asked, strict=True)])
    own = vectors.take(asked)
    reached = np.stack([vectors.take(row) @ vector for row, vector in zip(others, own, strict=True)])
    ranks = 1 + _closer(vectors, own, asked, reached)
    penalty = np.maximum(ranks - k, 0).sum()
    return float(1.0 - 2.0 * penalty / (len(asked) * k * (2 * count - 3 * k - 1)))


def _closer(vectors: MappedVectors, own: Float32Array, asked: Int64Array, reached: Float32Array) -> Int64Array:
    """How many other vectors are more alike to each asked one than each of those reached; the shape of `reached`."""
    found = np.zeros(reached.shape, np.int64)
    for start, rows in vectors.chunks():
        cosines = rows @ own.T
        here = (asked >= start) & (asked < start + len(rows))
        cosines[asked[here] - start, np.flatnonzero(here)] = -np.inf
        for rank in range(reached.shape[1]):
            found[:, rank] += np.count_nonzero(cosines > reached[:, rank] + _ROUNDING, axis=0)
    return found
