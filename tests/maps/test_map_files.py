"""Files of a map: in map order, found by image, and a clear state where they are gone or old."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import pytest

from search.errors import UnknownMap
from search.files.paths import projection_folder
from search.maps.draw import has_map, newest_projection, projections_of
from search.maps.files import NOWHERE, index_of, open_map, points_at, position_of
from search.models import Dataset, Projection
from search.projection import points
from tests.maps.helpers import draw, draw_line
from tests.web.conftest import private, public

__all__ = ["private", "public"]


def test_every_image_is_found_where_it_was_drawn(public: Dataset) -> None:
    ids = np.array([7, 3, 900, 12, 5])
    coordinates = np.array([[0, 0], [4, 1], [2, 2], [1, 3], [3, 4]], np.float32)
    projection = draw(public, ids, coordinates)
    files = open_map(projection)
    assert sorted(files.image_ids.tolist()) == sorted(ids.tolist())
    found = files.indices_of(np.array([3, 4, 900, 10**12, 0]))
    assert found.tolist()[1::2] == [NOWHERE, NOWHERE]
    assert found[4] == NOWHERE
    assert files.coordinates[found[[0, 2]]].tolist() == [[4, 1], [2, 2]]
    assert projection.layout == {"format": 2, "bounds": [0.0, 0.0, 4.0, 4.0], "levels": [5]}


def test_browsers_get_the_same_points_in_the_same_order(public: Dataset) -> None:
    coordinates = np.random.default_rng(3).normal(size=(20_000, 2)).astype(np.float32)
    files = open_map(draw(public, np.arange(1, 20_001), coordinates))
    assert files.levels == (16_384, 3616)
    contents = [gzip.decompress(files.compressed(f"level-{level}")) for level in range(2)]
    codes = np.concatenate([points.decode_level(content) for content in contents])
    steps = points.quantise(files.coordinates, files.bounds)
    assert np.array_equal(points.steps_of(codes), steps)
    assert np.array_equal(files.codes, codes)


@pytest.mark.parametrize("count", [0, 1, 2, 10])
def test_few_and_identical_points_have_a_map(public: Dataset, count: int) -> None:
    projection = draw(public, np.arange(1, count + 1), np.full((count, 2), 3.5, np.float32))
    files = open_map(projection)
    assert len(files) == count
    assert files.index_of(99) is None
    low_x, low_y, high_x, high_y = projection.layout["bounds"]
    assert low_x < high_x
    assert low_y < high_y


def test_a_point_says_what_it_is_and_whether_its_image_is_gone(public: Dataset) -> None:
    projection = draw_line(public, ["red.png", "blue.png", "green.png"])
    blue = public.images.get(name="blue.png")
    index = index_of(blue, projection)
    assert index is not None
    assert position_of(blue, projection) == (1.0, 0.0)
    (point,) = points_at(projection, [index])
    assert (point.image_id, point.image, point.x) == (blue.pk, blue, 1.0)
    blue.state = blue.State.HIDDEN
    blue.save()
    assert points_at(projection, [index])[0].image is None
    with pytest.raises(UnknownMap, match="no point 3 on this map: it has 3"):
        points_at(projection, [3])
    assert position_of(public.images.get(name="white.png"), projection) is None


def test_a_map_whose_files_are_gone_is_no_longer_kept(public: Dataset) -> None:
    projection = newest_projection(public)
    assert projection is not None
    shutil.rmtree(projection_folder(projection.path))
    with pytest.raises(UnknownMap, match="no longer kept"):
        open_map(projection)


def test_a_map_of_an_earlier_version_of_the_site_counts_as_none(public: Dataset) -> None:
    Projection.objects.update(layout={})
    assert (newest_projection(public), projections_of(public)) == (None, [])
    assert public.live_version is not None
    assert not has_map(public.live_version)
    with pytest.raises(UnknownMap, match="Draw it again"):
        open_map(Projection.objects.get())
