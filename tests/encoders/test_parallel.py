"""Pictures encoded side by side come back in their order, and torch's own threads stay out of the way."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from search.encoders.parallel import ChunkedEncoding, use_one_thread_per_call
from search.values import Float32Array


def _grey(level: int) -> Image.Image:
    return Image.new("RGB", (2, 2), (level, level, level))


def _levels(images: Sequence[Image.Image]) -> Float32Array:
    return np.array([np.asarray(image)[0, 0] for image in images], dtype=np.float32)


@pytest.mark.parametrize("count", [0, 1, 8, 9, 100])
def test_vectors_come_back_in_the_order_of_the_pictures(count: int) -> None:
    vectors = ChunkedEncoding(_levels, 3, "cpu").encode([_grey(level) for level in range(count)])
    assert vectors.shape == (count, 3)
    assert vectors[:, 0].tolist() == list(range(count))


def test_a_picture_that_fails_fails_the_whole_call() -> None:
    def fail(images: Sequence[Image.Image]) -> Float32Array:
        raise ValueError(f"{len(images)} pictures")

    with pytest.raises(ValueError, match="8 pictures"):
        ChunkedEncoding(fail, 3, "cpu").encode([_grey(1)] * 20)


def test_threads_started_later_compute_alone() -> None:
    import torch

    assert use_one_thread_per_call() == use_one_thread_per_call() >= 1
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert seen == [1]
