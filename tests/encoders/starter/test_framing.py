"""Things on a plain ground are seen by it, and shown whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from search.encoders.pictures import pixels_of
from search.encoders.starter.framing import plain_frame, whole_on_square


def _on(colour: str, size: tuple[int, int]) -> Image.Image:
    page = Image.new("RGB", size, colour)
    page.paste("red", (size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1] * 3 // 4))
    return page


def test_a_thing_on_a_plain_ground_is_seen() -> None:
    assert plain_frame(pixels_of(_on("white", (200, 100)))) == [255, 255, 255]
    assert plain_frame(pixels_of(_on("navy", (60, 200)))) == [0, 0, 128]


def test_a_thing_that_touches_the_edge_in_places_is_seen() -> None:
    page = _on("white", (200, 200))
    page.paste("red", (0, 80, 50, 120))
    assert plain_frame(pixels_of(page)) is not None


def test_photographs_of_scenes_have_no_plain_frame(photographs: dict[str, Image.Image]) -> None:
    seen = {name for name, photograph in photographs.items() if plain_frame(pixels_of(photograph)) is not None}
    assert not seen & {"chelsea", "coffee", "astronaut", "motorcycle_left", "camera"}


@pytest.mark.parametrize("size", [(200, 100), (100, 200), (1, 1), (2000, 3), (3, 2000)])
def test_the_whole_is_shown_in_the_middle_of_its_ground(size: tuple[int, int]) -> None:
    square = whole_on_square(pixels_of(Image.new("RGB", size, "red")), 260, [255, 255, 255])
    assert square.shape == (3, 260, 260)
    assert square.dtype == torch.uint8
    rows, columns = np.where((square[1] < 128).numpy())
    assert len(rows)
    assert abs(rows.min() + rows.max() - 259) <= 1
    assert abs(columns.min() + columns.max() - 259) <= 1
    assert max(np.ptp(rows), np.ptp(columns)) <= 227
