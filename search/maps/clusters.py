"""Records of the clusters of a map: their names by the encoder, those that people gave, and an image for each."""

from __future__ import annotations

import logging

import numpy as np

from search.errors import EncoderUnavailable, InvalidQuery, UnknownEncoder, UnknownMap
from search.maps.cluster_names import distinct_names, knows_words
from search.maps.extend import BaseMap
from search.maps.files import open_map
from search.models import Dataset, IndexVersion, MapCluster, Projection
from search.projection.clusters import NONE
from search.projection.drawing import Drawing
from search.tags.assign import ruler_for
from search.values import BoolArray, Int64Array, UInt16Array

logger = logging.getLogger(__name__)

LONGEST_NAME = 80
_LEAST_OVERLAP = 0.5
"""The share of both clusters' images that they have in common, at least, for a new cluster to inherit a name."""

_ClusterKey = tuple[int, int]
"""Level and number."""


def build_clusters(
    dataset: Dataset, version: IndexVersion, ids: Int64Array, drawing: Drawing, base: BaseMap | None
) -> list[MapCluster]:
    """Builds the records of the clusters of a map, without saving them; `ids` name its images, shape (n,).

    On an extended map clusters keep all their names. On a redrawn one the encoder names them, and a name that a person
    gave is inherited by the cluster that has most of the same images.
    """
    if base is not None:
        # Clusters of an extended map have the same numbers as before, so their names need no matching.
        before = list(base.projection.clusters.all())
        names = {(cluster.level, cluster.number): cluster.name for cluster in before}
        given_names = {(cluster.level, cluster.number): cluster.given_name for cluster in before}
    else:
        names, given_names = _names_from_vocabulary(dataset, version, drawing), _inherited_names(dataset, ids, drawing)
    return [
        MapCluster(
            level=level,
            number=cluster.number,
            parent=cluster.parent,
            name=names.get((level, cluster.number)) or f"Group {cluster.number + 1}",
            given_name=given_names.get((level, cluster.number), ""),
            image_id=int(ids[cluster.typical]),
            count=cluster.count,
            x=float(drawing.coordinates[cluster.caption, 0]),
            y=float(drawing.coordinates[cluster.caption, 1]),
        )
        for level, clusters in enumerate(drawing.levels)
        for cluster in clusters
    ]


def rename(cluster: MapCluster, name: str) -> MapCluster:
    """Gives a cluster the name that a person chose; an empty one restores the encoder's. Raises InvalidQuery."""
    name = " ".join(name.replace("\0", "").split())
    if len(name) > LONGEST_NAME:
        raise InvalidQuery(f"The name has {len(name)} characters; {LONGEST_NAME} at most.")
    cluster.given_name = "" if name == cluster.name else name
    cluster.save(update_fields=["given_name"])
    return cluster


def _names_from_vocabulary(dataset: Dataset, version: IndexVersion, drawing: Drawing) -> dict[_ClusterKey, str]:
    """Returns names made of words of the dataset's vocabulary; none where the encoder understands no words."""
    if not any(drawing.levels):
        return {}
    try:
        ruler = ruler_for(dataset, version)
    except (EncoderUnavailable, UnknownEncoder) as error:
        logger.warning("the clusters get no words: %s", error)
        return {}
    if not knows_words(ruler.vectors):
        return {}
    names: dict[_ClusterKey, str] = {}
    for level, clusters in enumerate(drawing.levels):
        numbers = [cluster.number for cluster in clusters]
        places = drawing.coordinates[[cluster.caption for cluster in clusters]]
        words = distinct_names(drawing.means[level][numbers], places, ruler.words, ruler.vectors, ruler.scales)
        names |= {(level, number): name for number, name in zip(numbers, words, strict=True)}
    return names


def _inherited_names(dataset: Dataset, ids: Int64Array, drawing: Drawing) -> dict[_ClusterKey, str]:
    """Returns the names that people gave on the newest map where anybody gave any, for the clusters of the new map."""
    with_names = Projection.objects.filter(version__dataset=dataset, clusters__given_name__gt="")
    before = with_names.select_related("version").order_by("-id").first()
    if before is None:
        return {}
    try:
        files = open_map(before)
    except UnknownMap:
        return {}
    labels = files.clusters()
    if labels is None:
        return {}
    names: dict[_ClusterKey, str] = {}
    for cluster in before.clusters.exclude(given_name=""):
        members = np.isin(ids, files.image_ids[labels[cluster.level] == cluster.number])
        number = _successor(drawing.labels[cluster.level], members)
        if number is not None:
            names.setdefault((cluster.level, number), cluster.given_name)
    return names


def _successor(labels: UInt16Array, members: BoolArray) -> int | None:
    """Returns the number of the new cluster that has most of these points, or None where none is mostly the same.

    `labels` and `members` have shape (n,): the new cluster of each point, and whether it was in the earlier cluster.
    """
    numbers, counts = np.unique(labels[members & (labels != NONE)], return_counts=True)
    if not len(numbers):
        return None
    number, common = int(numbers[counts.argmax()]), int(counts.max())
    larger = max(int(np.count_nonzero(members)), int(np.count_nonzero(labels == number)))
    return number if common >= _LEAST_OVERLAP * larger else None
