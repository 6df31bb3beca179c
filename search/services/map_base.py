"""Which earlier map a new version's images can be placed on, and what of it stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from search.models import Dataset, IndexVersion, Projection
from search.projection.clusters import UInt16Array
from search.projection.layout import FEWEST_TO_UNFOLD
from search.services.vectors import DatasetContent
from search.storage import projection_folder
from search.values import Float32Array, Int64Array, UInt64Array

COORDINATES_FILE = "coordinates.npy"
IDS_FILE = "image_ids.npy"
CHECKSUMS_FILE = "checksums.npy"
CLUSTERS_FILE = "clusters.npy"

MOST_PLACED = 0.2
"""The share of images that were only placed, from which on a map is drawn anew: the others never made room for them."""

FEWEST_LEFT = 0.5
"""The share of an earlier map's images of which at least must be there still."""


@dataclass(frozen=True, slots=True)
class Base:
    """An earlier map, and what of a version stands on it.

    `kept` are positions in the version's ids, ascending, of images that the map shows with the same content;
    `coordinates` and `labels`, shapes (kept, 2) and (2, kept), are theirs.
    """

    projection: Projection
    kept: Int64Array
    coordinates: Float32Array
    labels: UInt16Array


def checksums_of(dataset: Dataset, version: IndexVersion, ids: Int64Array) -> UInt64Array:
    """The first 64 bits of the checksums of these images; 0 of one that was deleted meanwhile."""
    content = DatasetContent(dataset, version.encoder)
    found = np.zeros(len(ids), np.uint64)
    _, at, there = np.intersect1d(ids, content.image_ids, assume_unique=True, return_indices=True)
    found[at] = content.checksums[there]
    return found


def base_for(version: IndexVersion, ids: Int64Array, checksums: UInt64Array) -> Base | None:
    """The newest map of an earlier version under the same encoder, if enough of it stands; else None."""
    drawn = Projection.objects.filter(version__dataset=version.dataset_id, version__encoder=version.encoder_id)
    projection = drawn.exclude(version=version).select_related("version").order_by("-id").first()
    if projection is None:
        return None
    try:
        base = _standing(projection, ids, checksums)
    except (OSError, ValueError):  # its files are gone, or were written before maps had clusters
        return None
    placed = projection.placed + len(ids) - len(base.kept)
    stands = len(base.kept) >= max(FEWEST_TO_UNFOLD, FEWEST_LEFT * projection.count)
    return base if stands and placed <= MOST_PLACED * len(ids) else None


def _standing(projection: Projection, ids: Int64Array, checksums: UInt64Array) -> Base:
    folder = projection_folder(projection.path)
    drawn_ids = np.load(folder / IDS_FILE)
    order = np.argsort(drawn_ids)
    _, kept, drawn = np.intersect1d(ids, drawn_ids[order], assume_unique=True, return_indices=True)
    places = order[drawn]
    same = np.load(folder / CHECKSUMS_FILE)[places] == checksums[kept]
    places = places[same]
    coordinates = np.load(folder / COORDINATES_FILE)[places]
    return Base(projection, kept[same], coordinates, np.load(folder / CLUSTERS_FILE)[:, places])
