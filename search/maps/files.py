"""The files of a map: written once, in map order, and read where they lie. A map never changes under its id."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from search.errors import UnknownMap
from search.files.paths import projection_folder
from search.models import Image, Projection
from search.projection import points
from search.projection.points import Bounds
from search.values import Float32Array, Int32Array, Int64Array, UInt16Array, UInt32Array

COORDINATES_FILE = "coordinates.npy"
IDS_FILE = "image_ids.npy"
BY_ID_FILE = "by_id.npy"
CODES_FILE = "codes.npy"
CLUSTERS_FILE = "clusters.npy"
NOWHERE = -1
"""Stands in place of a map index for an image that is not on the map."""

_GZIP_LEVEL = 9
_GONE = "This map is no longer kept. Reload the page to open the newest one."


def store_map_files(folder: Path, image_ids: Int64Array, coordinates: Float32Array) -> dict[str, Any]:
    """Writes the points into an empty folder; returns what `Projection.layout` is to say of them.

    Ids have shape (n,) and any order, coordinates shape (n, 2), finite, in the same order. Columns of points that are
    to be stored beside them follow the order of `image_ids.npy` there.
    """
    bounds = points.bounds_of(coordinates)
    codes = points.morton_codes(points.quantise(coordinates, bounds))
    order, levels = points.map_order(codes)
    ids = image_ids[order]
    np.save(folder / COORDINATES_FILE, coordinates[order].astype(np.float32))
    np.save(folder / IDS_FILE, ids.astype(np.int64))
    np.save(folder / BY_ID_FILE, np.argsort(ids, kind="stable").astype(np.int32))
    ordered = codes[order]
    np.save(folder / CODES_FILE, ordered)
    for number, level in enumerate(points.level_slices(levels)):
        _write(folder, f"level-{number}", points.encode_level(ordered[level]))
    return {"format": points.FORMAT, "bounds": bounds.as_list(), "levels": levels}


def store_map_clusters(folder: Path, clusters: UInt16Array) -> None:
    """Writes the cluster of each point, shape (levels, n), in map order: for us, and level by level for browsers."""
    np.save(folder / CLUSTERS_FILE, clusters.astype(np.uint16))
    for level, numbers in enumerate(clusters):
        _write(folder, f"cluster-{level}", points.encode_column(numbers.astype(np.uint16)))


def _write(folder: Path, name: str, content: bytes) -> None:
    """Writes a file for browsers, compressed here once, so that no request does it."""
    (folder / _packed(name)).write_bytes(gzip.compress(content, _GZIP_LEVEL, mtime=0))


def _packed(name: str) -> str:
    return f"{name}.bin.gz"


@dataclass(frozen=True, slots=True)
class MapFiles:
    """The points of one map by their map index; arrays lie in the files and are read as they are used."""

    folder: Path
    bounds: Bounds
    levels: tuple[int, ...]
    image_ids: Int64Array
    coordinates: Float32Array
    by_id: Int32Array
    """Map indices in the order of the image ids."""

    codes: UInt32Array
    """Morton codes, ascending within each level."""

    def __len__(self) -> int:
        return len(self.image_ids)

    def indices_of(self, image_ids: Int64Array) -> Int64Array:
        """Returns the map indices of images, shape (n,); `NOWHERE` for those that are not on the map."""
        if not len(self):
            return np.full(len(image_ids), NOWHERE, np.int64)
        places = np.minimum(np.searchsorted(self.image_ids, image_ids, sorter=self.by_id), len(self) - 1)
        indices = self.by_id[places].astype(np.int64)
        return np.where(self.image_ids[indices] == image_ids, indices, NOWHERE)

    def index_of(self, image_id: int) -> int | None:
        """Returns the map index of an image, or None."""
        index = int(self.indices_of(np.array([image_id], np.int64))[0])
        return None if index == NOWHERE else index

    def clusters(self) -> UInt16Array | None:
        """Returns the cluster of each point, shape (levels, n); None where the map has none."""
        try:
            numbers: UInt16Array = np.load(self.folder / CLUSTERS_FILE, mmap_mode="r")
        except FileNotFoundError:
            return None
        return numbers

    def compressed(self, name: str) -> bytes:
        """Returns a file as browsers read it, compressed by gzip. Raises UnknownMap where it is not there."""
        try:
            return (self.folder / _packed(name)).read_bytes()
        except OSError as error:
            raise UnknownMap(_GONE) from error


def open_map(projection: Projection) -> MapFiles:
    """Opens the files of a map. Raises UnknownMap when they are gone, or of a format that is no longer read."""
    layout = projection.layout
    if layout.get("format") != points.FORMAT:
        raise UnknownMap("This map was drawn by an earlier version of the site. Draw it again.")
    folder = projection_folder(projection.path)
    try:
        return MapFiles(
            folder,
            Bounds(*layout["bounds"]),
            tuple(layout["levels"]),
            np.load(folder / IDS_FILE, mmap_mode="r"),
            np.load(folder / COORDINATES_FILE, mmap_mode="r"),
            np.load(folder / BY_ID_FILE, mmap_mode="r"),
            np.load(folder / CODES_FILE, mmap_mode="r"),
        )
    except OSError as error:
        raise UnknownMap(_GONE) from error


def index_of(image: Image, projection: Projection) -> int | None:
    """Returns the map index of an image, or None where it is not on the map. Raises UnknownMap."""
    return open_map(projection).index_of(image.pk)


def position_of(image: Image, projection: Projection) -> tuple[float, float] | None:
    """Returns the coordinates of an image on a map, or None where it is not on it. Raises UnknownMap."""
    files = open_map(projection)
    index = files.index_of(image.pk)
    if index is None:
        return None
    x, y = files.coordinates[index].tolist()
    return x, y


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A point of a map, and its image where that is in the library and ready."""

    index: int
    image_id: int
    image: Image | None
    x: float
    y: float


def points_at(projection: Projection, indices: Sequence[int]) -> list[MapPoint]:
    """Returns points by their map indices, in that order. Raises UnknownMap, for an index beyond the map as well."""
    files = open_map(projection)
    wrong = next((index for index in indices if not 0 <= index < len(files)), None)
    if wrong is not None:
        raise UnknownMap(f"There is no point {wrong} on this map: it has {len(files):,}, counted from 0.")
    ids = files.image_ids[list(indices)].tolist()
    ready = Image.objects.filter(state=Image.State.READY).order_by()
    images = ready.in_bulk(list(set(ids)))
    places = files.coordinates[list(indices)].tolist()
    return [
        MapPoint(index, image_id, images.get(image_id), x, y)
        for index, image_id, (x, y) in zip(indices, ids, places, strict=True)
    ]
