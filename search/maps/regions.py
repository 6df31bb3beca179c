"""Regions that people select on a map, read from a request: a polygon, a rectangle, or clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from search.errors import InvalidQuery
from search.maps.files import MapFiles
from search.projection.regions import inside_polygon, inside_rectangle
from search.values import BoolArray, Float64Array

MOST_CORNERS = 2000
MOST_CLUSTERS = 1000

_KINDS = ("polygon", "rectangle", "clusters")
_LARGEST = 1e12
"""Far beyond every map; what is larger makes no sense and would overflow."""


@dataclass(frozen=True, slots=True)
class Region:
    """A polygon, a rectangle or clusters, of which one is given; coordinates are those of the map."""

    polygon: Float64Array | None = None
    """Corners, shape (m, 2)."""

    rectangle: Float64Array | None = None
    """Two opposite corners, shape (2, 2)."""

    level: int = 0
    clusters: tuple[int, ...] = ()


def read_region(body: Mapping[str, object]) -> Region:
    """Reads the region that a request describes. Raises InvalidQuery for none, for several and for a wrong one."""
    kinds = [kind for kind in _KINDS if body.get(kind) is not None]
    if len(kinds) != 1:
        raise InvalidQuery(f"Say what to select by one of {', '.join(_KINDS)}; {len(kinds)} are given.")
    (kind,) = kinds
    if kind == "polygon":
        return Region(polygon=_corners(body["polygon"]))
    if kind == "rectangle":
        return Region(rectangle=_numbers("rectangle", body["rectangle"], (4,)).reshape(2, 2))
    return _of_clusters(body["clusters"])


def points_in(files: MapFiles, region: Region) -> BoolArray:
    """Tells which points lie in the region, a truth value each, in map order.

    Raises InvalidQuery for clusters on a map that has none, and for a polygon that crosses itself too often.
    """
    if region.rectangle is not None:
        return inside_rectangle(files.coordinates, region.rectangle)
    if region.polygon is not None:
        try:
            return inside_polygon(files.coordinates, region.polygon)
        except ValueError as error:
            raise InvalidQuery(f"The line cannot be used: {error}. Draw a simpler one.") from error
    clusters = files.clusters()
    if clusters is None or region.level >= len(clusters):
        raise InvalidQuery("This map has no such clusters. Draw a line around the points instead.")
    return np.isin(clusters[region.level], np.array(region.clusters))


def _corners(value: object) -> Float64Array:
    if isinstance(value, list) and len(value) > MOST_CORNERS:
        raise InvalidQuery(
            f"The line has {len(value):,} corners; {MOST_CORNERS:,} at most. Draw it faster, or select a rectangle."
        )
    corners = _numbers("polygon", value, (None, 2))
    if len(corners) < 3:
        raise InvalidQuery(f"The line has {len(corners)} corners; it needs three to have an inside.")
    return corners


def _numbers(name: str, value: object, shape: tuple[int | None, ...]) -> Float64Array:
    try:
        numbers = np.array(value, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidQuery(f"The {name} is not made of numbers.") from error
    fits = numbers.ndim == len(shape) and all(
        expected in {None, size} for expected, size in zip(shape, numbers.shape, strict=True)
    )
    if not fits or not (np.abs(numbers) < _LARGEST).all():  # NaN fails the comparison
        raise InvalidQuery(f"The {name} is not made of coordinates of this map.")
    return numbers


def _of_clusters(value: object) -> Region:
    level, numbers = (value.get("level"), value.get("numbers")) if isinstance(value, dict) else (None, None)
    if not isinstance(level, int) or level not in range(16) or not isinstance(numbers, list):
        raise InvalidQuery("Clusters are named by their level and their numbers.")
    wrong = [number for number in numbers if not isinstance(number, int) or number not in range(65_535)]
    if wrong or not 1 <= len(numbers) <= MOST_CLUSTERS:
        raise InvalidQuery(f"Clusters are named by 1 to {MOST_CLUSTERS:,} numbers from 0 to 65534.")
    return Region(level=level, clusters=tuple(numbers))
