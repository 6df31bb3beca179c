"""Coordinates of the map: near pictures lie near each other, for few as for many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search.projection import layout
from search.projection.graph import distances, itself_first
from search.projection.parameters import MapParameters, Metric
from search.projection.trust import trustworthiness
from search.values import Float32Array
from tests.projection.vectors import groups, in_file, nearest

PARAMETERS = MapParameters(seed=42)


def drawn(folder: Path, vectors: Float32Array, parameters: MapParameters = PARAMETERS) -> Float32Array:
    near = nearest(vectors, min(parameters.neighbours, len(vectors)))
    return layout.lay_out(in_file(folder, vectors), np.arange(len(vectors)), *near, parameters)


@pytest.mark.parametrize("size", [4, 40])
@pytest.mark.parametrize("parameters", [PARAMETERS, MapParameters(5, 0.5, Metric.EUCLIDEAN, None)])
def test_two_groups_lie_apart(tmp_path: Path, size: int, parameters: MapParameters) -> None:
    coordinates = drawn(tmp_path, groups(2, size), parameters)
    assert coordinates.shape == (2 * size, 2)
    assert coordinates.dtype == np.float32
    first, second = coordinates[:size], coordinates[size:]
    apart = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    within = max(np.linalg.norm(group - group.mean(axis=0), axis=1).max() for group in (first, second))
    assert apart > within


@pytest.mark.parametrize("count", [1, 2, 10, 15, 16, 17])
def test_few_pictures_have_a_place_each(tmp_path: Path, count: int) -> None:
    coordinates = drawn(tmp_path, groups(2, 9)[:count])
    assert coordinates.shape == (count, 2)
    assert np.isfinite(coordinates).all()
    assert len(np.unique(coordinates, axis=0)) == count


@pytest.mark.parametrize("count", [2, 10, 100])
def test_equal_pictures_lie_beside_each_other(tmp_path: Path, count: int) -> None:
    coordinates = drawn(tmp_path, np.tile(groups(1, 1), (count, 1)))
    assert np.isfinite(coordinates).all()
    apart = np.linalg.norm(coordinates[:, None] - coordinates[None, :], axis=2)[~np.eye(count, dtype=bool)]
    assert apart.min() > 0.2


def test_half_of_the_pictures_may_be_equal(tmp_path: Path) -> None:
    vectors = groups(2, 40)
    vectors[:40] = vectors[0]
    coordinates = drawn(tmp_path, vectors)
    assert np.isfinite(coordinates).all()
    assert np.linalg.norm(coordinates[:40].mean(axis=0) - coordinates[40:].mean(axis=0)) > 1


def test_under_a_seed_a_map_is_the_same_each_time(tmp_path: Path) -> None:
    vectors = groups(3, 30)
    assert np.array_equal(drawn(tmp_path, vectors), drawn(tmp_path, vectors))
    assert not np.array_equal(drawn(tmp_path, vectors), drawn(tmp_path, vectors, MapParameters(seed=1)))


def test_the_layout_tells_how_far_it_is(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    vectors = groups(2, 40)
    near = nearest(vectors, 15)
    places = np.arange(len(vectors))
    layout.lay_out(in_file(tmp_path, vectors), places, *near, PARAMETERS, lambda *step: steps.append(step))
    assert steps
    assert all(0 <= done <= total == 500 for done, total in steps)
    assert steps == sorted(steps)


def test_new_pictures_lie_beside_their_neighbours_and_move_nothing(tmp_path: Path) -> None:
    vectors = groups(3, 60)
    new = np.arange(0, len(vectors), 10)
    old = np.setdiff1d(np.arange(len(vectors)), new)
    near = nearest(vectors[old], 15)
    known = layout.lay_out(in_file(tmp_path, vectors), old, *near, PARAMETERS)
    before = known.copy()
    order, similarities = nearest(vectors, len(vectors), new)
    allowed = np.isin(order, old)
    among = np.stack([row[keep][:15] for row, keep in zip(order, allowed, strict=True)])
    cosines = np.stack([row[keep][:15] for row, keep in zip(similarities, allowed, strict=True)])
    placed = layout.place(np.searchsorted(old, among), cosines, known, PARAMETERS)
    assert np.array_equal(known, before)
    centres = np.stack([known[old // 60 == group].mean(axis=0) for group in range(3)])
    nearest_centres = np.linalg.norm(placed[:, None] - centres[None, :], axis=2).argmin(axis=1)
    assert nearest_centres.tolist() == (new // 60).tolist()
    assert layout.place(among[:0], cosines[:0], known, PARAMETERS).shape == (0, 2)


def test_one_between_two_groups_is_not_put_into_the_void(tmp_path: Path) -> None:
    coordinates = np.concatenate([np.zeros((20, 2)), np.full((20, 2), 100.0)]).astype(np.float32)
    near = np.array([[0, 1, 2, 3, 4, 20, 21, 22]])
    cosines = np.linspace(0.9, 0.8, 8, dtype=np.float32)[None, :]
    placed = layout.place(near, cosines, coordinates, PARAMETERS)
    assert np.abs(placed).max() < 10


def test_of_many_points_a_sample_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert layout.fitted_positions(10).tolist() == list(range(10))
    monkeypatch.setattr(layout, "FITTED_AT_MOST", 100)
    chosen = layout.fitted_positions(1000)
    assert len(set(chosen.tolist())) == 100
    assert chosen.tolist() == sorted(chosen.tolist()) == layout.fitted_positions(1000).tolist()


def test_a_copy_that_comes_first_is_put_behind_the_point_itself() -> None:
    neighbours, similarities = itself_first(
        np.array([[1, 0], [1, 0], [0, 1]]), np.array([[1.0, 1.0], [1.0, 1.0], [0.9, 0.8]], np.float32)
    )
    assert neighbours[:, 0].tolist() == [0, 1, 2]
    assert similarities[2].tolist() == pytest.approx([1.0, 0.9])


def test_distances_of_both_metrics() -> None:
    similarities = np.array([1.0, 0.5, -1.0], np.float32)
    assert distances(similarities, Metric.COSINE).tolist() == pytest.approx([0.0, 0.5, 2.0])
    assert distances(similarities, Metric.EUCLIDEAN).tolist() == pytest.approx([0.0, 1.0, 2.0])


def test_a_map_of_groups_can_be_trusted(tmp_path: Path) -> None:
    vectors = groups(4, 50)
    trusted = trustworthiness(in_file(tmp_path, vectors), drawn(tmp_path, vectors))
    assert trusted is not None
    assert trusted > 0.9
