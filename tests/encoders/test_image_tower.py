"""Pictures encoded side by side come back in their order, and what fails or is too much stops no other."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from search.encoders.image_tower import ImageTower
from search.encoders.threads import use_one_thread_per_call
from search.errors import EncoderUnavailable
from search.values import Float32Array
from tests.fake_encoder import DIMENSION, FakeImageTower

if TYPE_CHECKING:
    import torch


class CrampedTower(FakeImageTower):
    """Has room for a few pictures at once; remembers how many it was given."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.given: list[int] = []

    def encode(self, squares: torch.Tensor) -> Float32Array:
        import torch

        self.given.append(len(squares))
        if len(squares) > self.room:
            raise torch.OutOfMemoryError
        return super().encode(squares)


def _greys(count: int) -> list[Image.Image]:
    return [Image.new("RGB", (12, 8), (level, level, level)) for level in range(count)]


def _one_by_one(images: list[Image.Image]) -> Float32Array:
    tower = ImageTower(FakeImageTower(), DIMENSION, 1, "cpu")
    return np.stack([tower.encode([image])[0] for image in images])


@pytest.mark.parametrize("count", [0, 1, 8, 9, 100])
def test_vectors_come_back_in_the_order_of_the_pictures(count: int) -> None:
    images = _greys(count)
    vectors = ImageTower(FakeImageTower(), DIMENSION, 8, "cpu").encode(images)
    assert vectors.shape == (count, DIMENSION)
    if count:
        assert np.array_equal(vectors, _one_by_one(images))


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_encoded(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.jpg" for number in range(7)]
    for path, image in zip(paths, _greys(7), strict=True):
        image.save(path)
    paths[2].write_bytes(b"no picture")
    paths[5].unlink()
    paths[6].write_bytes(b"")
    encoded = ImageTower(FakeImageTower(), DIMENSION, 2, "cpu").encode_files(paths)
    assert encoded.positions == (0, 1, 3, 4)
    assert encoded.unreadable == {
        2: "is damaged",
        5: "cannot be read: No such file or directory",
        6: "is empty",
    }
    assert np.allclose(encoded.vectors, _one_by_one([_greys(7)[position] for position in encoded.positions]))


def test_a_report_that_raises_stops_the_work() -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    tower = CrampedTower(room=100)
    with pytest.raises(Stopped):
        ImageTower(tower, DIMENSION, 1, "cpu").encode_files([Path("missing")] * 5000, stop)
    assert ImageTower(tower, DIMENSION, 1, "cpu").encode(_greys(3)).shape == (3, DIMENSION)


def test_what_is_too_much_at_once_is_halved_until_it_fits_and_stays_so() -> None:
    cramped = CrampedTower(room=5)
    tower = ImageTower(cramped, DIMENSION, 16, "cpu")
    images = _greys(40)
    assert np.array_equal(tower.encode(images), _one_by_one(images))
    assert tower.chunk == 4
    cramped.given.clear()
    tower.encode(images)
    assert set(cramped.given) == {4}


def test_a_device_without_room_for_one_picture_is_explained() -> None:
    with pytest.raises(EncoderUnavailable, match="too little free memory to encode a single image"):
        ImageTower(CrampedTower(room=0), DIMENSION, 4, "cpu").encode(_greys(4))


def test_threads_started_later_compute_alone() -> None:
    import torch

    assert use_one_thread_per_call() == use_one_thread_per_call() >= 1
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert seen == [1]
