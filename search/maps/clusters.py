"""The clusters of a map as records: their names, their images, and what people called them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np

from search.errors import EncoderUnavailable, InvalidQuery, UnknownEncoder, UnknownMap
from search.maps.cluster_names import distinct_names, knows_words
from search.maps.extend import Base
from search.maps.files import open_map
from search.models import Dataset, IndexVersion, MapCluster, Projection
from search.projection.clusters import NONE
from search.projection.drawing import Drawing
from search.tags.assign import Ruler, ruler_for
from search.values import BoolArray, Int64Array, UInt16Array

logger = logging.getLogger(__name__)

LONGEST_NAME = 80
_SAME = 0.5
"""The share of both clusters' images that they have in common, at least, for a person's name to go over."""

_Names = dict[tuple[int, int], str]
"""By level and number."""


def named(
    dataset: Dataset, version: IndexVersion, ids: Int64Array, drawn: Drawing, base: Base | None
) -> list[MapCluster]:
    """Records of the clusters, not saved yet. On a map that stands they keep their names, else they are named anew.

    What people called a cluster goes over to the one that has most of its images.
    """
    if base is not None:
        before = list(base.projection.clusters.all())
        names = {(cluster.level, cluster.number): cluster.name for cluster in before}
        given = {(cluster.level, cluster.number): cluster.given_name for cluster in before}
    else:
        names, given = _words(dataset, version, drawn), _given_before(dataset, ids, drawn)
    return [
        MapCluster(
            level=level,
            number=cluster.number,
            parent=cluster.parent,
            name=names.get((level, cluster.number)) or f"Group {cluster.number + 1}",
            given_name=given.get((level, cluster.number), ""),
            image_id=int(ids[cluster.typical]),
            count=cluster.count,
            x=float(drawn.coordinates[cluster.caption, 0]),
            y=float(drawn.coordinates[cluster.caption, 1]),
        )
        for level, clusters in enumerate(drawn.levels)
        for cluster in clusters
    ]


def rename(cluster: MapCluster, name: str) -> MapCluster:
    """Gives a cluster a name of one's own; an empty one gives it back the encoder's. Raises InvalidQuery."""
    name = " ".join(name.replace("\0", "").split())
    if len(name) > LONGEST_NAME:
        raise InvalidQuery(f"The name has {len(name)} characters; {LONGEST_NAME} at most.")
    cluster.given_name = "" if name == cluster.name else name
    cluster.save(update_fields=["given_name"])
    return cluster


def _words(dataset: Dataset, version: IndexVersion, drawn: Drawing) -> _Names:
    """Words of the dataset's vocabulary; none where the encoder knows none."""
    if not any(drawn.levels):
        return {}
    try:
        ruler = ruler_for(dataset, version)
    except (EncoderUnavailable, UnknownEncoder) as error:
        logger.warning("the clusters get no words: %s", error)
        return {}
    if not knows_words(ruler.vectors):
        return {}
    return dict(_named_by(ruler, drawn))


def _named_by(ruler: Ruler, drawn: Drawing) -> Iterator[tuple[tuple[int, int], str]]:
    for level, clusters in enumerate(drawn.levels):
        numbers = [cluster.number for cluster in clusters]
        places = drawn.coordinates[[cluster.caption for cluster in clusters]]
        found = distinct_names(drawn.means[level][numbers], places, ruler.words, ruler.vectors, ruler.scales)
        yield from (((level, number), name) for number, name in zip(numbers, found, strict=True))


def _given_before(dataset: Dataset, ids: Int64Array, drawn: Drawing) -> _Names:
    """Names that people gave on the newest map where anybody gave any."""
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
    found: _Names = {}
    for cluster in before.clusters.exclude(given_name=""):
        members = np.isin(ids, files.image_ids[labels[cluster.level] == cluster.number])
        number = _mostly(drawn.labels[cluster.level], members)
        if number is not None:
            found.setdefault((cluster.level, number), cluster.given_name)
    return found


def _mostly(labels: UInt16Array, members: BoolArray) -> int | None:
    """The number of the cluster that these points are, for the most part."""
    numbers, counts = np.unique(labels[members & (labels != NONE)], return_counts=True)
    if not len(numbers):
        return None
    number, common = int(numbers[counts.argmax()]), int(counts.max())
    larger = max(int(np.count_nonzero(members)), int(np.count_nonzero(labels == number)))
    return number if common >= _SAME * larger else None
