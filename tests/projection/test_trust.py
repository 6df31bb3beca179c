"""Trustworthiness is the figure that scikit-learn computes, and of a sample it is near to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as true_trustworthiness

from search.projection.trust import NEIGHBOURS, trustworthiness
from search.values import Float32Array
from tests.projection.vectors import groups, in_file


def shuffled(vectors: Float32Array) -> Float32Array:
    """Coordinates that keep something of the vectors: two of their numbers, and noise."""
    noise = np.random.default_rng(1).normal(scale=0.2, size=(len(vectors), 2))
    return (vectors[:, :2] + noise).astype(np.float32)


def test_it_is_the_same_as_by_comparing_all_with_all(tmp_path: Path) -> None:
    vectors = groups(3, 100, spread=0.2)
    stored = in_file(tmp_path, vectors)
    coordinates = shuffled(vectors)
    exact = true_trustworthiness(stored.take(np.arange(300)), coordinates, n_neighbors=NEIGHBOURS, metric="cosine")
    assert trustworthiness(stored, coordinates) == pytest.approx(exact, abs=1e-3)
    assert trustworthiness(stored, coordinates, sample=150) == pytest.approx(exact, abs=0.03)


def test_coordinates_by_chance_are_trusted_less(tmp_path: Path) -> None:
    vectors = groups(3, 100, spread=0.2)
    stored = in_file(tmp_path, vectors)
    by_chance = np.random.default_rng(2).random((300, 2), np.float32)
    chance, true_map = trustworthiness(stored, by_chance), trustworthiness(stored, shuffled(vectors))
    assert chance is not None
    assert true_map is not None
    assert chance < 0.6 < true_map


@pytest.mark.parametrize(("count", "is_known"), [(1, False), (2, False), (3, False), (4, True), (10, True)])
def test_few_points_have_one_as_soon_as_there_are_neighbours_and_others(
    tmp_path: Path, count: int, is_known: bool
) -> None:
    vectors = groups(2, 5)[:count]
    trust = trustworthiness(in_file(tmp_path, vectors), vectors[:, :2])
    assert (trust is not None) == is_known


def test_equal_points_are_wholly_trusted(tmp_path: Path) -> None:
    vectors = np.tile(groups(1, 1), (40, 1))
    coordinates = np.random.default_rng(0).random((40, 2), np.float32)
    assert trustworthiness(in_file(tmp_path, vectors), coordinates) == 1.0
