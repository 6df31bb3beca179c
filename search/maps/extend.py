"""Extending an earlier map: which one a new version's images can be placed on, and which points of it stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from search.embeddings.store import DatasetContent
from search.errors import UnknownMap
from search.maps.files import open_map
from search.models import Dataset, IndexVersion, Projection
from search.projection.layout import FEWEST_TO_UNFOLD
from search.values import Float32Array, Int64Array, UInt16Array, UInt64Array

CHECKSUMS_FILE = "checksums.npy"
"""Beside the files of the points, in their order: the first 64 bits of each image's checksum."""

MOST_PLACED = 0.2
"""The share of images that were only placed, from which on a map is redrawn: the others never made room for them."""

FEWEST_LEFT = 0.5
"""The share of an earlier map's images of which at least must be there still."""


@dataclass(frozen=True, slots=True)
class BaseMap:
    """An earlier map that a version extends, and the images of the version that stand on it unchanged.

    `positions` in the version's ids, ascending, name the images that the map shows with the same content;
    `coordinates` and `labels`, shapes (positions, 2) and (2, positions), are theirs.
    """

    projection: Projection
    positions: Int64Array
    coordinates: Float32Array
    labels: UInt16Array


def checksums_of(dataset: Dataset, version: IndexVersion, ids: Int64Array) -> UInt64Array:
    """Returns the first 64 bits of the checksums of images, shape (n,); 0 for one that was deleted meanwhile."""
    content = DatasetContent(dataset, version.encoder)
    checksums = np.zeros(len(ids), np.uint64)
    _, at, there = np.intersect1d(ids, content.image_ids, assume_unique=True, return_indices=True)
    checksums[at] = content.checksums[there]
    return checksums


def find_base_map(version: IndexVersion, ids: Int64Array, checksums: UInt64Array) -> BaseMap | None:
    """Returns the newest map of an earlier version under the same encoder, if enough of it stands; else None."""
    projections = Projection.objects.filter(version__dataset=version.dataset_id, version__encoder=version.encoder_id)
    projection = projections.exclude(version=version).select_related("version").order_by("-id").first()
    if projection is None:
        return None
    try:
        base = _base_map(projection, ids, checksums)
    except (UnknownMap, OSError):  # its files are gone, or were written before maps had clusters
        return None
    placed = projection.placed + len(ids) - len(base.positions)
    stands = len(base.positions) >= max(FEWEST_TO_UNFOLD, FEWEST_LEFT * projection.count)
    return base if stands and placed <= MOST_PLACED * len(ids) else None


def _base_map(projection: Projection, ids: Int64Array, checksums: UInt64Array) -> BaseMap:
    files = open_map(projection)
    labels = files.clusters()
    if labels is None:
        raise UnknownMap("This map has no clusters.")
    drawn_ids = files.image_ids[files.by_id]
    _, positions, places = np.intersect1d(ids, drawn_ids, assume_unique=True, return_indices=True)
    indices = files.by_id[places]
    same = np.load(files.folder / CHECKSUMS_FILE)[indices] == checksums[positions]
    indices = indices[same]
    return BaseMap(projection, positions[same], np.asarray(files.coordinates[indices]), np.asarray(labels[:, indices]))
