"""Coordinates of a map: UMAP on the neighbours that the index knows, and places for what comes to a map that stands.

UMAP (McInnes et al. 2018, arXiv:1802.03426). The graph and its layout are umap-learn's; its own search for neighbours,
which takes most of its time, is left out. `search.projection` alone imports umap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from search.index.memmap import MappedVectors
from search.projection.graph import directed_graph, fuzzy_graph
from search.projection.parameters import MapParameters
from search.projection.start import principal_start, sunflower
from search.values import Float32Array, Int64Array

FEWEST_TO_UNFOLD = 16
"""Fewer points have no neighbourhoods to unfold; they lie where the two principal components put them."""

FITTED_AT_MOST = 200_000
"""Points that UMAP sees; of more, a random sample, and the others are placed among it."""

_EPOCHS, _EPOCHS_OF_FEW, _FEW = 120, 500, 10_000
"""umap has 200 for many points. From the principal components, 120 come to the same trustworthiness (docs/map.md)."""

_PLACING_EPOCHS = 30
_EXTENT, _NOISE = 10.0, 1e-4
_NEGATIVES = 5.0

Step = Callable[[int, int], None]
"""Called with (done, total) epochs."""


def no_step(done: int, total: int) -> None:
    """Does nothing: the callback of a caller who does not listen."""


def fitted_positions(count: int) -> Int64Array:
    """Return the points that UMAP sees of so many: all, or a random sample that is always the same; ascending."""
    if count <= FITTED_AT_MOST:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, FITTED_AT_MOST, replace=False))


def lay_out(
    vectors: MappedVectors,
    positions: Int64Array,
    neighbours: Int64Array,
    similarities: Float32Array,
    parameters: MapParameters,
    step: Step = no_step,
) -> Float32Array:
    """Coordinates of the vectors at these positions, float32, shape (n, 2).

    `neighbours` and `similarities` have shape (n, k), each row best first; neighbours are numbers within `positions`.
    """
    start = principal_start(vectors, positions)
    if start is None:
        return sunflower(len(positions))
    if len(positions) < FEWEST_TO_UNFOLD:
        return start
    return unfold(start, neighbours, similarities, parameters, step)


def unfold(
    start: Float32Array,
    neighbours: Int64Array,
    similarities: Float32Array,
    parameters: MapParameters,
    step: Step = no_step,
) -> Float32Array:
    """UMAP's coordinates from a start of shape (n, 2) and the neighbours of each point, shape (n, k)."""
    random = np.random.RandomState(parameters.seed)
    graph = fuzzy_graph(neighbours, similarities, parameters.metric, random)
    epochs = _EPOCHS_OF_FEW if len(start) <= _FEW else _EPOCHS
    return _settle(_scale(start, random), None, graph, epochs, 1.0, parameters, random, step)


def place(
    neighbours: Int64Array,
    similarities: Float32Array,
    coordinates: Float32Array,
    parameters: MapParameters,
    step: Step = no_step,
) -> Float32Array:
    """Coordinates of further points of a map, shape (m, 2); those that it has, `coordinates`, stay where they are.

    `neighbours`, shape (m, k), are numbers of points that the map has, best first.
    """
    if not len(neighbours):
        return np.empty((0, 2), np.float32)
    start = _beside_the_nearest(neighbours, similarities, coordinates)
    if len(coordinates) < FEWEST_TO_UNFOLD:
        return start
    random = np.random.RandomState(parameters.seed)
    graph = directed_graph(neighbours, similarities, parameters.metric, len(coordinates))
    return _settle(start, coordinates, graph, _PLACING_EPOCHS, 0.25, parameters, random, step)


def _beside_the_nearest(neighbours: Int64Array, similarities: Float32Array, coordinates: Float32Array) -> Float32Array:
    """The middle of those neighbours that lie together: one between two groups belongs to the nearer one."""
    places = coordinates[neighbours]
    weights = np.maximum(similarities, 1e-3) ** 4
    middle = np.empty((len(neighbours), 2), np.float32)
    for start in range(0, len(neighbours), 4096):
        some, own = places[start : start + 4096], weights[start : start + 4096]
        apart = np.linalg.norm(some[:, :, None] - some[:, None, :], axis=3)
        most_central = (np.minimum(apart, np.quantile(apart, 0.5)) * own[:, None, :]).sum(axis=2).argmin(axis=1)
        rows = np.arange(len(some))
        to_it = apart[rows, most_central]
        near = own * (to_it <= np.median(to_it, axis=1, keepdims=True))
        middle[start : start + 4096] = (some * near[:, :, None]).sum(axis=1) / near.sum(axis=1, keepdims=True)
    return middle


def _scale(start: Float32Array, random: np.random.RandomState) -> Float32Array:
    """Scales the start to the square in which UMAP begins; a little noise parts points that lie upon each other."""
    scaled = start * (_EXTENT / np.abs(start).max()) + random.normal(scale=_NOISE, size=start.shape)
    low, high = scaled.min(axis=0), scaled.max(axis=0)
    coordinates: Float32Array = (_EXTENT * (scaled - low) / (high - low)).astype(np.float32)
    return coordinates


def _settle(
    start: Float32Array,
    fixed: Float32Array | None,
    graph: Any,
    epochs: int,
    rate: float,
    parameters: MapParameters,
    random: np.random.RandomState,
    step: Step,
) -> Float32Array:
    """The start moved along the graph's edges for so many epochs; towards `fixed` points, where there are some."""
    from umap.layouts import optimize_layout_euclidean
    from umap.umap_ import find_ab_params, make_epochs_per_sample

    graph.sum_duplicates()
    strong = graph.data >= graph.data.max() / epochs
    a, b = find_ab_params(1.0, parameters.min_distance)
    points = np.ascontiguousarray(start, np.float32)
    towards = points if fixed is None else np.array(fixed, np.float32)
    coordinates: Float32Array = optimize_layout_euclidean(
        points,
        towards,
        graph.row[strong],
        graph.col[strong],
        epochs,
        graph.shape[1],
        make_epochs_per_sample(graph.data[strong], epochs),
        a,
        b,
        random.randint(np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max - 1, 3).astype(np.int64),
        1.0,
        rate,
        _NEGATIVES,
        parallel=parameters.seed is None,
        verbose=False,
        tqdm_kwds={"disable": False, "file": _Epochs(step, epochs), "bar_format": "{n}\n", "mininterval": 0.5},
        move_other=fixed is None,
    )
    return coordinates


class _Epochs:
    """Reads the count out of the progress bar that umap draws, which is the only way in which it tells."""

    def __init__(self, step: Step, total: int) -> None:
        self._step = step
        self._total = total

    def write(self, text: str) -> None:
        number = text.strip()
        if number.isdecimal():
            self._step(int(number), self._total)

    def flush(self) -> None:
        """Does nothing: nothing is buffered."""
