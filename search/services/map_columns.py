"""What points of a map can be coloured by: their clusters, when their images were taken, a tag."""

from __future__ import annotations

from collections.abc import Sequence

from search.models import MapCluster, Projection
from search.services.map_files import open_map

NO_CLUSTER = 65_535


def cluster_labels(projection: Projection, indices: Sequence[int]) -> list[list[str]]:
    """For each point the words for its cluster at each level; empty where it is in none. Raises UnknownMap."""
    clusters = open_map(projection).clusters()
    if clusters is None:
        return [[] for _ in indices]
    named = {(one.level, one.number): one.label for one in MapCluster.objects.filter(projection=projection)}
    numbers = clusters[:, list(indices)].T.tolist()
    return [[named.get((level, number), "") for level, number in enumerate(of_point)] for of_point in numbers]
