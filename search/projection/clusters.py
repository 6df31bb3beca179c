"""Groups of points that lie together on a map, at two levels: small ones, and what they join into.

Small groups are those of HDBSCAN (Campello, Moulavi and Sander, PAKDD 2013) on the coordinates, as scikit-learn has
it. They are joined into few large ones after Ward, so that each stands in exactly one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from search.index.memmap import MappedVectors
from search.values import Float32Array, Int64Array, UInt16Array

NONE = 65_535
"""The number of no cluster."""

LEVELS = 2
CLUSTERED_AT_ONCE = 25_000
"""Points that HDBSCAN sees; of more, a random sample, and the others get the cluster of the nearest of these."""

_FEWEST_POINTS = 20
_FEWEST_OF_A_CLUSTER = 8
_MOST_CLUSTERS = 150
_CORE = 5
_WIDTH = 0.9
"""The share of a cluster's points that lie within its width."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of a level. `caption` and `typical` are positions: where its name stands, and the image for it."""

    number: int
    parent: int | None
    count: int
    caption: int
    typical: int


@dataclass(frozen=True, slots=True)
class Clusters:
    """`labels`, shape (2, n): of each point the number of its cluster at level 0 (large) and 1 (small), or NONE.

    `levels` are the clusters by number; `means` their mean vectors, shape (clusters of the level, dimension) each.
    """

    labels: UInt16Array
    levels: tuple[list[Cluster], ...]
    means: tuple[Float32Array, ...]


def find_labels(coordinates: Float32Array) -> UInt16Array:
    """Numbers of the clusters of each point, shape (2, n); all NONE where there are too few points to tell."""
    count = len(coordinates)
    labels = np.full((LEVELS, count), NONE, np.uint16)
    if count < _FEWEST_POINTS:
        return labels
    sample: Int64Array = np.arange(count)
    if count > CLUSTERED_AT_ONCE:
        sample = np.sort(np.random.default_rng(0).choice(count, CLUSTERED_AT_ONCE, replace=False))
    fine = _hdbscan(coordinates[sample])
    # HDBSCAN takes equal points for noise, so there may be no cluster at all.
    if fine.max() < 0:
        return labels
    fine = _widen(coordinates[sample], fine)
    coarse = _join(coordinates[sample], fine)
    for level, level_labels in ((0, np.where(fine < 0, NONE, coarse[fine])), (1, np.where(fine < 0, NONE, fine))):
        labels[level] = nearest_label(coordinates, coordinates[sample], level_labels.astype(np.uint16))
    return labels


def nearest_label(coordinates: Float32Array, known: Float32Array, labels: UInt16Array) -> UInt16Array:
    """Return the label of the nearest known point for each point, shape (n,)."""
    from scipy.spatial import cKDTree

    nearest: UInt16Array = labels[cKDTree(known).query(coordinates, 1)[1]]
    return nearest


def _hdbscan(points: Float32Array) -> Int64Array:
    from sklearn.cluster import HDBSCAN

    size = max(_FEWEST_OF_A_CLUSTER, len(points) // (2 * _MOST_CLUSTERS))
    labels: Int64Array = (
        HDBSCAN(min_cluster_size=size, min_samples=_CORE, cluster_selection_method="leaf", copy=True)
        .fit(points.astype(np.float64))
        .labels_
    )
    return labels


def _widen(points: Float32Array, fine: Int64Array) -> Int64Array:
    """Assigns what HDBSCAN took for noise to the nearest cluster, unless it lies further away than that is wide.

    The leaves of its tree are the cores of what people see as heaps; about half of the points stand around them.
    """
    from scipy.spatial import cKDTree

    count = int(fine.max()) + 1
    widths = np.empty(count)
    for number in range(count):
        own = points[fine == number]
        widths[number] = np.quantile(np.linalg.norm(own - np.median(own, axis=0), axis=1), _WIDTH)
    inside = np.flatnonzero(fine >= 0)
    outside = np.flatnonzero(fine < 0)
    apart, nearest = cKDTree(points[inside]).query(points[outside], 1)
    candidates = fine[inside[nearest]]
    widened = fine.copy()
    widened[outside] = np.where(apart <= widths[candidates], candidates, -1)
    return widened


def _join(points: Float32Array, fine: Int64Array) -> Int64Array:
    """The number of the large cluster of each small one: about as many as the root of their number, twice."""
    from scipy.cluster.hierarchy import fcluster, ward

    count = int(fine.max()) + 1
    if count < 4:
        return np.arange(count)
    centres = np.stack([np.median(points[fine == number], axis=0) for number in range(count)])
    most = max(2, round(1.5 * np.sqrt(count)))
    groups: Int64Array = fcluster(ward(centres), most, "maxclust").astype(np.int64) - 1
    return groups


def describe(labels: UInt16Array, coordinates: Float32Array, vectors: MappedVectors) -> Clusters:
    """The clusters that these labels make. Numbers that no point has are left out."""
    means = tuple(_means(labels[level], vectors) for level in range(LEVELS))
    typical = [_typical(labels[level], vectors, means[level]) for level in range(LEVELS)]
    levels = []
    for level in range(LEVELS):
        clusters_of_level = []
        for number in range(len(means[level])):
            members = np.flatnonzero(labels[level] == number)
            if not len(members):
                continue
            parent = int(labels[0, members[0]]) if level else None
            clusters_of_level.append(
                Cluster(number, parent, len(members), _middle(coordinates, members), typical[level][number])
            )
        levels.append(clusters_of_level)
    return Clusters(labels, tuple(levels), means)


def _means(labels: UInt16Array, vectors: MappedVectors) -> Float32Array:
    from scipy.sparse import csr_matrix

    known = labels[labels != NONE]
    sums = np.zeros((int(known.max()) + 1 if len(known) else 0, vectors.dimension), np.float64)
    for start, rows in vectors.chunks() if len(known) else ():
        members = np.flatnonzero(labels[start : start + len(rows)] != NONE)
        own = labels[start + members]
        sums += csr_matrix((np.ones(len(own)), (own, members)), (len(sums), len(rows))) @ rows
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return (sums / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def _typical(labels: UInt16Array, vectors: MappedVectors, means: Float32Array) -> list[int]:
    """Return the position of the image most like the mean of each cluster."""
    best, positions = np.full(len(means), -np.inf, np.float32), np.zeros(len(means), np.int64)
    for start, rows in vectors.chunks():
        here = labels[start : start + len(rows)]
        members = np.flatnonzero(here != NONE)
        own = here[members]
        cosines = np.einsum("ij,ij->i", rows[members], means[own])
        order = np.argsort(cosines, kind="stable")
        top, places = np.full(len(means), -np.inf, np.float32), np.zeros(len(means), np.int64)
        top[own[order]], places[own[order]] = cosines[order], start + members[order]  # the last one written is the best
        better = top > best
        best[better], positions[better] = top[better], places[better]
    return [int(place) for place in positions]


def _middle(coordinates: Float32Array, members: Int64Array) -> int:
    """The member nearest to the median of all, so that the caption stands on a point and not beside them."""
    own = coordinates[members]
    apart = np.linalg.norm(own - np.median(own, axis=0), axis=1)
    return int(members[apart.argmin()])
