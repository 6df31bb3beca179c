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
"""Points in the sample, at most: the figure then varies by about 0.002 from sample to sample."""

_FEWEST = 4
_ROUNDING = 1e-6
"""A cosine computed twice, in matrices of two shapes, differs by less."""


def trustworthiness(vectors: MappedVectors, coordinates: Float32Array, sample: int = SAMPLE) -> float | None:
    """Return the trustworthiness of coordinates of shape (n, 2), from 0 to 1; None for too few points to have any."""
    from scipy.spatial import cKDTree

    count = len(coordinates)
    k = min(NEIGHBOURS, (count - 2) // 2)
    if count < _FEWEST or k < 1:
        return None
    sampled: Int64Array = np.arange(count)
    if count > sample:
        sampled = np.sort(np.random.default_rng(0).choice(count, sample, replace=False))
    near = cKDTree(coordinates).query(coordinates[sampled], k + 1)[1]
    # Where points lie upon each other, the point itself may not be the first that is found.
    others = np.stack([row[row != own][:k] for row, own in zip(near, sampled, strict=True)])
    own = vectors.take(sampled)
    map_cosines = np.stack([vectors.take(row) @ vector for row, vector in zip(others, own, strict=True)])
    ranks = 1 + _closer(vectors, own, sampled, map_cosines)
    penalty = np.maximum(ranks - k, 0).sum()
    return float(1.0 - 2.0 * penalty / (len(sampled) * k * (2 * count - 3 * k - 1)))


def _closer(vectors: MappedVectors, own: Float32Array, sampled: Int64Array, map_cosines: Float32Array) -> Int64Array:
    """Return how many other vectors are more alike to each sampled one than `map_cosines` say; the same shape."""
    closer = np.zeros(map_cosines.shape, np.int64)
    for start, rows in vectors.chunks():
        cosines = rows @ own.T
        here = (sampled >= start) & (sampled < start + len(rows))
        cosines[sampled[here] - start, np.flatnonzero(here)] = -np.inf
        for rank in range(map_cosines.shape[1]):
            closer[:, rank] += np.count_nonzero(cosines > map_cosines[:, rank] + _ROUNDING, axis=0)
    return closer
