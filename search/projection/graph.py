"""Neighbours as UMAP wants them: distances, each point itself first, and the weighted graph that is laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from search.projection.parameters import Metric
from search.values import Float32Array, Int64Array

if TYPE_CHECKING:
    from scipy.sparse import coo_matrix


def itself_first(neighbours: Int64Array, similarities: Float32Array) -> tuple[Int64Array, Float32Array]:
    """Return the rows with each point as its own nearest neighbour: an equal vector may have come first, or instead."""
    neighbours, similarities = neighbours.copy(), similarities.copy()
    for row in np.flatnonzero(neighbours[:, 0] != np.arange(len(neighbours))):
        others = neighbours[row] != row
        room = neighbours.shape[1] - 1
        neighbours[row] = [row, *neighbours[row][others][:room]]
        similarities[row] = [1.0, *similarities[row][others][:room]]
    return neighbours, similarities


def distances(similarities: Float32Array, metric: Metric) -> Float32Array:
    """Return the distances for cosines of unit vectors, the same shape."""
    cosine: Float32Array = np.clip(1.0 - similarities, 0.0, 2.0).astype(np.float32)
    if metric is Metric.EUCLIDEAN:
        cosine = np.sqrt(2.0 * cosine).astype(np.float32)
    return cosine


def fuzzy_graph(
    neighbours: Int64Array, similarities: Float32Array, metric: Metric, random: np.random.RandomState
) -> coo_matrix:
    """UMAP's graph (McInnes et al. 2018, section 3.1) over all points, shape (n, n); arguments have shape (n, k)."""
    from umap.umap_ import fuzzy_simplicial_set

    neighbours, similarities = itself_first(neighbours, similarities)
    graph, _, _ = fuzzy_simplicial_set(
        np.empty((len(neighbours), 0), np.float32),  # only their number is asked
        neighbours.shape[1],
        random,
        metric.value,
        knn_indices=neighbours,
        knn_dists=distances(similarities, metric),
    )
    sparse: coo_matrix = graph.tocoo()
    return sparse


def directed_graph(neighbours: Int64Array, similarities: Float32Array, metric: Metric, among: int) -> coo_matrix:
    """The graph from points to those that a map has already, shape (m, among), as UMAP's `transform` makes it.

    `neighbours`, shape (m, k), are numbers of points of the map; none is a point itself.
    """
    from scipy.sparse import coo_matrix
    from umap.umap_ import compute_membership_strengths, smooth_knn_dist

    lengths = distances(similarities, metric)
    sigmas, rhos = smooth_knn_dist(lengths, float(neighbours.shape[1]), local_connectivity=0.0)
    places = np.ascontiguousarray(neighbours, np.int32)
    rows, columns, weights, _ = compute_membership_strengths(places, lengths, sigmas, rhos, bipartite=True)
    return coo_matrix((weights, (rows, columns)), shape=(len(neighbours), among))
