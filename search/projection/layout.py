"""UMAP in a process of its own: `python -m search.projection.layout INPUT.npz OUTPUT.npy`; the only importer of umap.

UMAP (McInnes et al. 2018, arXiv:1802.03426) on the k nearest neighbours that the index already knows.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings

import numpy as np

from search.values import Float32Array, Int64Array

NEIGHBOURS = 15
MIN_DISTANCE = 0.1
SEED = 42


def lay_out(vectors: Float32Array, neighbours: Int64Array, similarities: Float32Array) -> Float32Array:
    """Coordinates, float32, shape (n, 2).

    `vectors` are unit, shape (n, dimension); `neighbours` and `similarities` have shape (n, k), each row best first.
    """
    if len(vectors) <= NEIGHBOURS:
        return principal_components(vectors)
    import umap

    # UMAP wants the point itself first, at distance 0.
    neighbours, similarities = itself_first(neighbours, similarities)
    distances = np.clip(1.0 - similarities, 0.0, 2.0).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # n_jobs=1 under a seed, and no transform() later: both are meant
        reducer = umap.UMAP(
            n_neighbors=neighbours.shape[1],
            min_dist=MIN_DISTANCE,
            metric="cosine",
            init="pca",
            random_state=SEED,
            precomputed_knn=(neighbours, distances),
            force_approximation_algorithm=True,
        )
        return np.asarray(reducer.fit_transform(vectors), dtype=np.float32)


def principal_components(vectors: Float32Array) -> Float32Array:
    """The two directions in which the vectors differ most, shape (n, 2): so few have no neighbourhoods to unfold."""
    centred = vectors - vectors.mean(axis=0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    coordinates = np.zeros((len(vectors), 2), np.float32)
    width = min(2, len(lengths))
    coordinates[:, :width] = left[:, :width] * lengths[:width]
    return coordinates


def itself_first(neighbours: Int64Array, similarities: Float32Array) -> tuple[Int64Array, Float32Array]:
    """The same rows with each point as its own nearest neighbour: a copy of it may have come first, or instead."""
    neighbours, similarities = neighbours.copy(), similarities.copy()
    for row in np.flatnonzero(neighbours[:, 0] != np.arange(len(neighbours))):
        others = neighbours[row] != row
        kept = neighbours.shape[1] - 1
        neighbours[row] = [row, *neighbours[row][others][:kept]]
        similarities[row] = [1.0, *similarities[row][others][:kept]]
    return neighbours, similarities


def end_with_the_parent() -> None:
    """Ends this process when its standard input closes: nobody waits for the layout any more."""

    def watch() -> None:
        # Not through sys.stdin: a thread that holds its lock aborts the interpreter at its normal end.
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    end_with_the_parent()
    source, target = sys.argv[1:3]
    with np.load(source) as data:
        coordinates = lay_out(data["vectors"].astype(np.float32), data["neighbours"], data["similarities"])
    np.save(target, coordinates)


if __name__ == "__main__":
    main()
