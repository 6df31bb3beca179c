"""Coordinates of the map: near pictures lie near each other, for few as for many."""

from __future__ import annotations

import numpy as np
import pytest

from search.projection import layout
from search.values import Float32Array, Int64Array


def groups(size: int) -> Float32Array:
    """Two groups of unit vectors, one after the other, shape (2 * size, 16)."""
    random = np.random.default_rng(0)
    centres = np.repeat(np.eye(2, 16, dtype=np.float32), size, axis=0)
    vectors = centres + random.normal(size=centres.shape).astype(np.float32) * 0.05
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def nearest(vectors: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
    similarities = vectors @ vectors.T
    order = np.argsort(-similarities, axis=1)[:, :k]
    return order, np.take_along_axis(similarities, order, axis=1)


@pytest.mark.parametrize("size", [4, 40])
def test_two_groups_lie_apart(size: int) -> None:
    vectors = groups(size)
    coordinates = layout.lay_out(vectors, *nearest(vectors, min(layout.NEIGHBOURS, 2 * size)))
    assert coordinates.shape == (2 * size, 2)
    first, second = coordinates[:size], coordinates[size:]
    apart = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    within = max(np.linalg.norm(group - group.mean(axis=0), axis=1).max() for group in (first, second))
    assert apart > within


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_pictures_have_a_place(count: int) -> None:
    vectors = groups(1)[:count]
    coordinates = layout.lay_out(vectors, *nearest(vectors, count))
    assert coordinates.shape == (count, 2)
    assert np.isfinite(coordinates).all()
    assert len(np.unique(coordinates, axis=0)) == count


def test_a_copy_that_comes_first_is_put_behind_the_point_itself() -> None:
    neighbours, similarities = layout.itself_first(
        np.array([[1, 0], [1, 0], [0, 1]]), np.array([[1.0, 1.0], [1.0, 1.0], [0.9, 0.8]], np.float32)
    )
    assert neighbours[:, 0].tolist() == [0, 1, 2]
    assert similarities[2].tolist() == pytest.approx([1.0, 0.9])
