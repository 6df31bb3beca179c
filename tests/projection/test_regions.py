"""Drawing regions hold the points that a plain comparison with every edge says they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.projection import regions
from search.projection.regions import inside_polygon, inside_rectangle
from search.values import BoolArray, Float32Array, Float64Array

PLACE = st.integers(-8, 8)
CORNERS = st.lists(st.tuples(PLACE, PLACE), min_size=3, max_size=12).map(lambda at: np.array(at, np.float64))


def compared(coordinates: Float32Array, corners: Float64Array) -> BoolArray:
    """Every point with every edge, one after the other."""
    inside = np.zeros(len(coordinates), bool)
    for number, (x, y) in enumerate(coordinates.astype(float)):
        for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if (y1 <= y) != (y2 <= y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
                inside[number] = not inside[number]
    return inside


@given(CORNERS, st.integers(0, 2**32 - 1))
def test_it_finds_what_comparing_with_every_edge_finds(corners: Float64Array, seed: int) -> None:
    coordinates = np.random.default_rng(seed).uniform(-9, 9, (200, 2)).astype(np.float32)
    assert np.array_equal(inside_polygon(coordinates, corners), compared(coordinates, corners))


def test_a_line_with_many_corners_is_as_exact() -> None:
    random = np.random.default_rng(5)
    angles = np.sort(random.uniform(0, 2 * np.pi, 1500))
    lengths = random.uniform(2, 5, 1500)
    corners = np.stack([np.cos(angles) * lengths, np.sin(angles) * lengths], axis=1)
    coordinates = random.normal(size=(300, 2)).astype(np.float32) * 2
    assert np.array_equal(inside_polygon(coordinates, corners), compared(coordinates, corners))


def test_a_loop_within_a_loop_is_a_hole() -> None:
    outer = [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]
    inner = [[3, 3], [6, 3], [6, 6], [3, 6], [3, 3]]
    coordinates = np.array([[1, 1], [4, 4], [10, 1]], np.float32)
    assert inside_polygon(coordinates, np.array(outer + inner, float)).tolist() == [True, False, False]


@pytest.mark.parametrize("corners", [[[1, 1], [1, 1], [1, 1]], [[0, 1], [2, 1], [4, 1]]])
def test_a_line_without_an_inside_holds_nothing(corners: list[list[float]]) -> None:
    assert not inside_polygon(np.array([[1, 1]], np.float32), np.array(corners, float)).any()


def test_a_line_that_would_take_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "MOST_PAIRS", 1000)
    random = np.random.default_rng(5)
    with pytest.raises(ValueError, match="to and fro"):
        inside_polygon(random.normal(size=(3000, 2)).astype(np.float32), random.normal(size=(100, 2)))


def test_a_rectangle_holds_its_border_whichever_corners_are_named() -> None:
    coordinates = np.array([[0, 0], [2, 1], [2.1, 1]], np.float32)
    for corners in ([[0, 0], [2, 1]], [[2, 0], [0, 1]]):
        assert inside_rectangle(coordinates, np.array(corners, float)).tolist() == [True, True, False]
