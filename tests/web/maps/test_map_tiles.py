"""Sheets of pictures in place of points: asked for, drawn by a worker, never of images that are gone, within bounds."""

from __future__ import annotations

import io
import os
import time
from queue import Empty

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from PIL import Image as Pillow

from search.files.paths import derivative_path, map_tiles_folder
from search.maps import tiles as map_tiles
from search.maps.files import open_map
from search.maps.tiles import Tile, stored_sheet
from search.models import Dataset, Image, Projection
from tests.maps.helpers import draw, draw_line, index_on
from tests.web.maps.test_map_data import address
from workers import tasks
from workers.celery import app

WHOLE = (0, 0, 0)
COLOURS = {"red.png": (255, 0, 0), "blue.png": (0, 0, 255), "green.png": (0, 255, 0)}


@pytest.fixture
def line(public: Dataset) -> Projection:
    """Red, blue and green from left to right."""
    return draw_line(public, list(COLOURS))


@pytest.fixture
def nothing_waits() -> None:
    """Takes away what waits for workers, of which there are none; a test looks with `waiting`."""
    cache.clear()
    waiting()


def waiting() -> list[list[int]]:
    """The tiles that workers are asked to draw, taken from the queue."""
    asked: list[list[int]] = []
    with app.connection_for_read() as connection, connection.SimpleQueue("cpu") as queue:
        while True:
            try:
                message = queue.get(block=False)
            except Empty:
                return asked
            message.ack()
            if message.headers["task"] == "workers.tasks.draw_map_tile":
                asked.append(message.payload[0])


def picture(content: bytes) -> Pillow.Image:
    with Pillow.open(io.BytesIO(content)) as opened:
        assert opened.format == "WEBP"
        return opened.convert("RGBA")


def test_a_sheet_is_drawn_by_a_worker_and_then_comes_at_once(
    line: Projection, nothing_waits: None, client: Client
) -> None:
    sheet = address("map-tile-sheet", line, *WHOLE)
    first = client.get(sheet)
    assert (first.status_code, first["Retry-After"]) == (202, "1")
    assert client.get(sheet).status_code == 202
    assert waiting() == [[line.pk, *WHOLE]]  # once, however often it was asked for
    tasks.draw_map_tile(line.pk, *WHOLE)
    answer = client.get(sheet)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    facts = client.get(address("map-tile-facts", line, *WHOLE)).json()
    assert (facts["cell"], facts["columns"]) == (64, 8)
    assert sorted(facts["indices"]) == [0, 1, 2]
    drawn = picture(answer.content)
    assert drawn.size == (512, 64)
    for name, colour in COLOURS.items():
        place = facts["indices"].index(index_on(line, name))
        pixel = drawn.getpixel((place * 64 + 32, 32))
        assert isinstance(pixel, tuple)
        assert pixel[:3] == pytest.approx(colour, abs=8)
    assert drawn.getpixel((3 * 64 + 32, 32)) == (0, 0, 0, 0)


def test_a_picture_of_a_hidden_image_is_gone_at_once_and_comes_back(
    line: Projection, nothing_waits: None, client: Client
) -> None:
    sheet = address("map-tile-sheet", line, *WHOLE)
    tasks.draw_map_tile(line.pk, *WHOLE)
    assert client.get(sheet).status_code == 200
    Image.objects.filter(name="red.png").update(state=Image.State.HIDDEN)
    assert client.get(sheet).status_code == 202
    tasks.draw_map_tile(line.pk, *WHOLE)
    place = client.get(address("map-tile-facts", line, *WHOLE)).json()["indices"].index(index_on(line, "red.png"))
    assert picture(client.get(sheet).content).getpixel((place * 64 + 32, 32)) == (0, 0, 0, 0)
    Image.objects.filter(name="red.png").update(state=Image.State.READY)
    assert client.get(sheet).status_code == 202


def test_an_image_without_a_derivative_is_left_out(line: Projection, public: Dataset, client: Client) -> None:
    red = public.images.get(name="red.png")
    derivative_path(public.pk, red.checksum).write_bytes(b"no picture")
    tasks.draw_map_tile(line.pk, *WHOLE)
    assert client.get(address("map-tile-sheet", line, *WHOLE)).status_code == 200


def test_zooming_in_each_tile_has_what_lies_in_it(line: Projection, client: Client) -> None:
    def names(zoom: int, x: int, y: int) -> set[str]:
        indices = client.get(address("map-tile-facts", line, zoom, x, y)).json()["indices"]
        return {name for name in COLOURS if index_on(line, name) in indices}

    assert names(1, 0, 0) == {"red.png"}
    assert names(1, 1, 0) == {"blue.png", "green.png"}
    assert names(1, 0, 1) == set()
    assert names(12, 4095, 0) == {"green.png"}
    assert client.get(address("map-tile-sheet", line, 1, 0, 1)).status_code == 404


@pytest.mark.parametrize("place", [(13, 0, 0), (1, 2, 0), (1, 0, 2), (0, 10**30, 0), (10**9, 0, 0)])
def test_a_tile_beyond_the_map_is_refused_in_words(line: Projection, client: Client, place: tuple[int, ...]) -> None:
    for route in ("map-tile-facts", "map-tile-sheet"):
        answer = client.get(address(route, line, *place))
        assert answer.status_code == 404
        assert "There is no tile" in answer.json()["detail"]


def test_a_full_tile_shows_points_from_all_over_it(public: Dataset) -> None:
    coordinates = np.random.default_rng(2).uniform(size=(20_000, 2)).astype(np.float32)
    files = open_map(draw(public, np.arange(1, 20_001), coordinates))
    shown = map_tiles.tile_points(files, Tile(0, 0, 0))
    assert len(set(shown)) == map_tiles.MOST_PICTURES
    assert max(shown) < files.levels[0]
    quarters = (files.coordinates[shown] > 0.5).astype(int)
    assert np.bincount(quarters[:, 0] * 2 + quarters[:, 1]).min() > 8


def test_a_map_that_is_gone_is_not_drawn(line: Projection) -> None:
    projection_id = line.pk
    line.delete()
    tasks.draw_map_tile(projection_id, *WHOLE)
    assert not map_tiles_folder(projection_id).exists()


def test_sheets_that_were_not_looked_at_for_longest_make_room(
    line: Projection, public: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles = [Tile(1, 0, 0), Tile(1, 1, 0)]
    for age, tile in zip((7200, 7100), tiles, strict=True):
        map_tiles.draw_tile(line.pk, tile)
        (path,) = map_tiles_folder(line.pk).glob(f"1-{tile.x}-0")
        os.utime(path, (time.time() - age,) * 2)
    assert map_tiles.sweep_tiles() == 0
    assert stored_sheet(public, line, tiles[0]) is not None  # which counts as a look
    largest = max(path.stat().st_size for path in map_tiles_folder(line.pk).iterdir())
    monkeypatch.setattr(map_tiles, "MOST_BYTES", largest)
    assert map_tiles.sweep_tiles() == 1
    assert [path.name for path in map_tiles_folder(line.pk).iterdir()] == ["1-0-0"]


def test_sheets_of_a_map_that_is_gone_are_swept(line: Projection) -> None:
    map_tiles.draw_tile(line.pk, Tile(0, 0, 0))
    folder = map_tiles_folder(line.pk)
    line.delete()
    tasks.sweep_map_cache()
    assert not folder.exists()
