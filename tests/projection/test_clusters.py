"""Clusters of a map: two levels, the small ones inside the large ones, and a place and an image for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search.projection import clusters
from search.projection.clusters import NONE
from search.values import Float32Array
from tests.projection.vectors import groups, in_file

ISLANDS, SIZE = 6, 60


def islands(size: int = SIZE) -> Float32Array:
    """Six heaps of points in two rows far apart, shape (6 * size, 2)."""
    random = np.random.default_rng(3)
    centres = np.array([(x, y) for y in (0.0, 200.0) for x in (0.0, 20.0, 40.0)], np.float32)
    return np.repeat(centres, size, axis=0) + random.normal(size=(ISLANDS * size, 2)).astype(np.float32)


def test_each_heap_is_a_small_cluster_inside_one_large_one(tmp_path: Path) -> None:
    coordinates = islands()
    labels = clusters.find_labels(coordinates)
    assert labels.shape == (2, len(coordinates))
    assert labels.dtype == np.uint16
    fine = labels[1]
    heap = np.repeat(np.arange(ISLANDS), SIZE)
    for number in np.unique(fine[fine != NONE]):
        assert len(np.unique(heap[fine == number])) == 1
        assert len(np.unique(labels[0][fine == number])) == 1
    assert len(np.unique(fine[fine != NONE])) >= ISLANDS
    assert np.mean(fine != NONE) > 0.5
    assert np.array_equal(labels[0] == NONE, labels[1] == NONE)


def test_of_many_points_the_others_get_the_cluster_of_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "CLUSTERED_AT_ONCE", 300)
    coordinates = islands(200)
    fine = clusters.find_labels(coordinates)[1]
    heap = np.repeat(np.arange(ISLANDS), 200)
    for number in np.unique(fine[fine != NONE]):
        assert len(np.unique(heap[fine == number])) == 1
    assert np.mean(fine != NONE) > 0.5


@pytest.mark.parametrize("count", [0, 1, 2, 10, 19])
def test_few_points_make_no_clusters(count: int) -> None:
    assert np.all(clusters.find_labels(islands()[:count]) == NONE)


@pytest.mark.parametrize("count", [20, 500])
def test_points_upon_each_other_are_no_reason_to_fail(count: int) -> None:
    labels = clusters.find_labels(np.zeros((count, 2), np.float32))
    assert labels.shape == (2, count)


def test_a_cluster_has_a_caption_on_a_point_and_its_most_typical_image(tmp_path: Path) -> None:
    coordinates, vectors = islands(), groups(ISLANDS, SIZE)
    labels = np.repeat(np.arange(ISLANDS), SIZE).astype(np.uint16)
    both = np.stack([labels // 3, labels])
    both[:, 5] = NONE
    described = clusters.describe(both, coordinates, in_file(tmp_path, vectors))
    assert [len(level) for level in described.levels] == [2, ISLANDS]
    assert [cluster.parent for cluster in described.levels[1]] == [0, 0, 0, 1, 1, 1]
    assert [cluster.count for cluster in described.levels[1]] == [SIZE - 1, *[SIZE] * (ISLANDS - 1)]
    for cluster in described.levels[1]:
        own = np.flatnonzero(both[1] == cluster.number)
        assert cluster.caption in own
        mean = vectors[own].mean(axis=0)
        assert cluster.typical == own[(vectors[own] @ mean).argmax()]
        assert described.means[1][cluster.number] @ mean / np.linalg.norm(mean) == pytest.approx(1.0, abs=1e-3)


def test_no_cluster_is_described_where_there_is_none(tmp_path: Path) -> None:
    labels = np.full((2, 30), NONE, np.uint16)
    described = clusters.describe(labels, islands()[:30], in_file(tmp_path, groups(1, 30)))
    assert [len(level) for level in described.levels] == [0, 0]
