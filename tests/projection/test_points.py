"""The binary of a map: what a browser decodes is what was drawn, the first levels are a sample, and it is small."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.projection import points
from search.values import Float32Array, UInt16Array

BITS = st.integers(0, 65_535)
STEPS = st.lists(st.tuples(BITS, BITS), max_size=60).map(lambda steps: np.array(steps, np.uint16).reshape(-1, 2))
PLACE = st.floats(-1e6, 1e6, width=32)
COORDINATES = st.lists(st.tuples(PLACE, PLACE), min_size=1, max_size=60).map(lambda at: np.array(at, np.float32))


@given(STEPS)
def test_what_is_encoded_is_decoded(steps: UInt16Array) -> None:
    codes = points.morton_codes(steps)
    assert np.array_equal(points.steps_of(codes), steps)
    ascending = np.sort(codes)
    content = points.encode_level(ascending)
    assert len(content) == 4 * len(steps)
    assert np.array_equal(points.decode_level(content), ascending)


@given(st.lists(BITS, max_size=60))
def test_a_column_is_decoded(numbers: list[int]) -> None:
    values = np.array(numbers, np.uint16)
    assert np.array_equal(points.decode_column(points.encode_column(values)), values)


@given(COORDINATES)
def test_each_point_is_drawn_within_half_a_step_of_where_it_lies(coordinates: Float32Array) -> None:
    bounds = points.bounds_of(coordinates)
    low = np.array([bounds.low_x, bounds.low_y])
    span = np.array([bounds.high_x, bounds.high_y]) - low
    drawn = low + points.quantise(coordinates, bounds) / points.STEPS * span
    assert (span > 0).all()
    assert (np.abs(drawn - coordinates) <= span / points.STEPS * 0.501 + 1e-9).all()


def test_it_is_laid_out_as_the_page_of_the_map_expects() -> None:
    codes = points.morton_codes(np.array([[1, 0], [0, 1], [65_535, 65_535]], np.uint16))
    assert codes.tolist() == [1, 2, 0xFFFFFFFF]
    # Differences 1, 1 and 0xFFFFFFFD: a plane of the lowest bytes, then the next ones.
    assert points.encode_level(codes) == bytes([1, 1, 0xFD, 0, 0, 0xFF, 0, 0, 0xFF, 0, 0, 0xFF])


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, []),
        (1, [1]),
        (16_384, [16_384]),
        (16_385, [16_384, 1]),
        (1_000_000, [16_384, 49_152, 196_608, 737_856]),
    ],
)
def test_levels_hold_all_points(count: int, sizes: list[int]) -> None:
    assert points.level_sizes(count) == sizes


def test_the_first_level_is_a_sample_of_the_whole_and_every_point_stands_once() -> None:
    codes = np.repeat(np.arange(4, dtype=np.uint32) << np.uint32(28), 10_000)
    order, sizes = points.map_order(codes)
    assert np.array_equal(np.sort(order), np.arange(40_000))
    for level in points.level_slices(sizes):
        assert (np.diff(codes[order[level]].astype(np.int64)) >= 0).all()
    shares = np.bincount(codes[order[: sizes[0]]] >> np.uint32(28)) / sizes[0]
    assert shares == pytest.approx([0.25] * 4, abs=0.02)
    assert np.array_equal(points.map_order(codes)[0], order)


def test_a_large_map_is_small() -> None:
    random = np.random.default_rng(1)
    centres, spreads = random.normal(size=(200, 2)) * 6, random.lognormal(-1, 0.5, 200)
    groups = random.integers(0, 200, 200_000)
    coordinates = (centres[groups] + random.normal(size=(200_000, 2)) * spreads[groups, None]).astype(np.float32)
    codes = points.morton_codes(points.quantise(coordinates, points.bounds_of(coordinates)))
    order, sizes = points.map_order(codes)
    sent = [len(gzip.compress(points.encode_level(codes[order[level]]))) for level in points.level_slices(sizes)]
    assert sent[0] < 48_000
    assert sum(sent) < 2.6 * 200_000


def test_what_is_no_level_is_refused() -> None:
    with pytest.raises(ValueError, match="four bytes a point"):
        points.decode_level(b"abc")
