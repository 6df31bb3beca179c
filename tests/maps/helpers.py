"""Maps whose points are given, written as the project stage writes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from search.files.atomic import atomic_folder
from search.files.paths import projection_folder
from search.maps.files import open_map, store_map_clusters, store_map_files
from search.models import Dataset, MapCluster, Projection
from search.values import Float32Array, Int64Array, UInt16Array


def draw(dataset: Dataset, image_ids: Int64Array, coordinates: Float32Array) -> Projection:
    """A map of the dataset's live version with these points."""
    version = dataset.live_version
    assert version is not None
    projection = Projection.objects.create(version=version, count=len(image_ids), seconds=0.1)
    with atomic_folder(projection_folder(projection.path)) as folder:
        projection.layout = store_map_files(folder, image_ids, coordinates)
    projection.save()
    return projection


def draw_line(dataset: Dataset, names: Sequence[str]) -> Projection:
    """The images of these names from left to right: the first at 0, 0, the next at 1, 0, and so on."""
    ids = np.array([dataset.images.get(name=name).pk for name in names])
    return draw(dataset, ids, np.array([[number, 0] for number in range(len(names))], np.float32))


def index_on(projection: Projection, name: str) -> int:
    """The map index of the image of that name."""
    image = projection.version.dataset.images.get(name=name)
    index = open_map(projection).index_of(image.pk)
    assert index is not None
    return index


def give_clusters(projection: Projection, coarse: dict[str, int], labels: Sequence[str]) -> UInt16Array:
    """Puts each image, by its name, into one of the clusters of level 0; level 1 has none."""
    numbers = np.full((2, projection.count), 65_535, np.uint16)
    for name, number in coarse.items():
        numbers[0, index_on(projection, name)] = number
    store_map_clusters(projection_folder(projection.path), numbers)
    first = projection.version.dataset.images.get(name=next(iter(coarse)))
    for number, label in enumerate(labels):
        count = int((numbers[0] == number).sum())
        MapCluster.objects.create(
            projection=projection, level=0, number=number, name=label, count=count, x=number, y=0, image=first
        )
    return numbers
