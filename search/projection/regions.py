"""Which points of a map lie inside a drawn line, by the even-odd rule.

A grid over the line's box is classified first: cells through which no edge goes are inside or outside as a whole, which
a scanline tells. Only points in the other cells are compared with edges, and only with those that cross their row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from search.values import BoolArray, Float32Array, Float64Array, Int64Array, UInt8Array

_CELLS = 256
"""On each side of the grid."""

_OUTSIDE, _INSIDE, _CROSSED = 0, 1, 2
_MARGIN = 1e-6
"""Cells, by which an edge counts as going through the next one: what rounding may hide."""

_AT_ONCE = 2_000_000
"""Pairs of a point and an edge that are compared at once."""

MOST_PAIRS = 200_000_000
"""For one line: some seconds. A line around a third of a million points needs about a million."""


def inside_rectangle(coordinates: Float32Array, corners: Float64Array) -> BoolArray:
    """Return whether points, shape (n, 2), lie in or on the rectangle of two opposite corners, shape (2, 2)."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    inside: BoolArray = ((coordinates >= low) & (coordinates <= high)).all(axis=1)
    return inside


def inside_polygon(coordinates: Float32Array, corners: Float64Array) -> BoolArray:
    """Return whether points of shape (n, 2) lie inside the closed line through the corners, shape (m, 2).

    Raises ValueError for a line that goes to and fro so often that this would take long.
    """
    inside = inside_rectangle(coordinates, corners)
    low, high = corners.min(axis=0), corners.max(axis=0)
    if (high <= low).any():
        return np.zeros(len(coordinates), np.bool_)
    near = np.flatnonzero(inside)
    scale = _CELLS / (high - low)
    points = (coordinates[near] - low) * scale
    cells = np.minimum(points.astype(np.int64), _CELLS - 1)
    crossings = _crossings((corners - low) * scale)
    kinds = _classify(crossings)[cells[:, 1], cells[:, 0]]
    is_inside = kinds == _INSIDE
    unsure = np.flatnonzero(kinds == _CROSSED)
    is_inside[unsure] = _compare(points[unsure], cells[unsure, 1], crossings)
    inside[near] = is_inside
    return inside


@dataclass(frozen=True, slots=True)
class _Crossings:
    """The edges, each once for every row of the grid that it meets, row by row; coordinates are cells."""

    rows: Int64Array
    begins: Float64Array
    """Shape (n, 2)."""

    ends: Float64Array

    def of_row(self, row: int) -> slice:
        return slice(*np.searchsorted(self.rows, [row, row + 1]).tolist())

    def x_at(self, y: Float64Array) -> Float64Array:
        """Return the x at which each edge, prolonged, has this y, shape (n,); its beginning where it is level."""
        (x, first), (end_x, last) = self.begins.T, self.ends.T
        rise = last - first
        share = np.divide(y - first, rise, out=np.zeros_like(y), where=rise != 0)
        along: Float64Array = x + share * (end_x - x)
        return along


def _crossings(corners: Float64Array) -> _Crossings:
    begins, ends = corners, np.roll(corners, -1, axis=0)
    lowest, highest = np.minimum(begins[:, 1], ends[:, 1]), np.maximum(begins[:, 1], ends[:, 1])
    first = np.clip(np.floor(lowest - _MARGIN), 0, _CELLS - 1).astype(np.int64)
    last = np.clip(np.floor(highest + _MARGIN), 0, _CELLS - 1).astype(np.int64)
    counts = last - first + 1
    edges = np.repeat(np.arange(len(corners)), counts)
    rows = np.arange(len(edges)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edges]
    by_row = np.argsort(rows, kind="stable")
    edges = edges[by_row]
    return _Crossings(rows[by_row], begins[edges], ends[edges])


def _classify(crossings: _Crossings) -> UInt8Array:
    """Return the kind of each cell, shape (rows, columns)."""
    rows = crossings.rows
    lowest = np.minimum(crossings.begins[:, 1], crossings.ends[:, 1])
    highest = np.maximum(crossings.begins[:, 1], crossings.ends[:, 1])
    level = lowest == highest
    here = crossings.x_at(np.clip(rows.astype(np.float64), lowest, highest))
    there = np.where(level, crossings.ends[:, 0], crossings.x_at(np.clip(rows + 1.0, lowest, highest)))
    crossed = np.zeros((_CELLS, _CELLS + 1), np.int64)
    left = np.clip(np.floor(np.minimum(here, there) - _MARGIN), 0, _CELLS - 1).astype(np.int64)
    right = np.clip(np.floor(np.maximum(here, there) + _MARGIN), 0, _CELLS - 1).astype(np.int64)
    np.add.at(crossed, (rows, left), 1)
    np.add.at(crossed, (rows, right + 1), -1)
    middles: Float64Array = rows + np.float64(0.5)
    meets = (crossings.begins[:, 1] <= middles) != (crossings.ends[:, 1] <= middles)
    passed = np.clip(np.ceil(crossings.x_at(middles) - 0.5), 0, _CELLS).astype(np.int64)
    turned = np.zeros((_CELLS, _CELLS + 1), np.int64)
    np.add.at(turned, (rows[meets], passed[meets]), 1)
    kinds = (np.cumsum(turned, axis=1) % 2).astype(np.uint8)
    kinds[np.cumsum(crossed, axis=1) > 0] = _CROSSED
    return kinds[:, :_CELLS]


def _compare(points: Float64Array, rows: Int64Array, crossings: _Crossings) -> BoolArray:
    """Return whether an odd number of edges lies to the right of each point."""
    inside = np.zeros(len(points), np.bool_)
    per_row = np.bincount(crossings.rows, minlength=_CELLS) * np.bincount(rows, minlength=_CELLS)
    if per_row.sum() > MOST_PAIRS:
        raise ValueError("this line goes to and fro too often")
    by_row = np.argsort(rows, kind="stable")
    for some in np.split(by_row, np.flatnonzero(np.diff(rows[by_row])) + 1):
        if not len(some):
            continue
        edges = crossings.of_row(int(rows[some[0]]))
        step = max(1, _AT_ONCE // max(1, edges.stop - edges.start))
        for start in range(0, len(some), step):
            part = some[start : start + step]
            inside[part] = _odd(points[part], crossings.begins[edges], crossings.ends[edges])
    return inside


def _odd(points: Float64Array, begins: Float64Array, ends: Float64Array) -> BoolArray:
    x, y = points[:, :1], points[:, 1:]
    meets = (begins[:, 1] <= y) != (ends[:, 1] <= y)
    rise = np.where(ends[:, 1] == begins[:, 1], 1.0, ends[:, 1] - begins[:, 1])
    crossing = begins[:, 0] + (y - begins[:, 1]) / rise * (ends[:, 0] - begins[:, 0])
    odd: BoolArray = np.count_nonzero(meets & (x < crossing), axis=1) % 2 == 1
    return odd
