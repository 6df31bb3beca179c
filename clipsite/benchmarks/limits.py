"""The limits of this machine: derivatives on all cores, encoding on all cores, and both on the same cores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import django

from search.encoders import registry
from search.encoders.image_tower import ImageTower
from search.images.derivatives import JPEG_QUALITY, read_picture

if TYPE_CHECKING:
    import torch

_LARGE_BATCHES = (32, 64)
_SQUARES = 128


def time_derivatives(paths: Sequence[Path], folder: Path, processes: int) -> float:
    """Return the images a second that all cores decode, resize and write; `folder` gets the derivatives."""
    shares = [paths[start::processes] for start in range(processes)]
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=django.setup) as pool:
        # Not timed: the processes import and read their first files.
        list(pool.map(_derive, [share[:4] for share in shares], [folder] * processes))
        started = time.perf_counter()
        list(pool.map(_derive, shares, [folder] * processes))
        return len(paths) / (time.perf_counter() - started)


def _derive(paths: Sequence[Path], folder: Path) -> None:
    for path in paths:
        read_picture(path)[0].save(folder / path.name, "JPEG", quality=JPEG_QUALITY)


def time_encoding(encoder_name: str, seconds: float) -> float:
    """Return the images a second of the image tower alone, on squares in memory, with the best of several batchings.

    Tried are the chunk size that tuning found, in a thread a core, and large batches on all of torch's threads.
    """
    import torch

    tower = registry.image_tower(encoder_name)
    size = registry.describe(encoder_name).input_size
    generator = torch.Generator().manual_seed(0)
    squares = torch.randint(0, 256, (_SQUARES, 3, size, size), dtype=torch.uint8, generator=generator)
    speeds = [_side_by_side(tower, squares, seconds)]
    try:
        torch.set_num_threads(tower.threads)
        speeds += [_together(tower, squares[:batch], seconds) for batch in _LARGE_BATCHES]
    finally:
        torch.set_num_threads(1)
    return max(speeds)


def _side_by_side(tower: ImageTower, squares: torch.Tensor, seconds: float) -> float:
    tower.encode_squares(squares)
    count, started = 0, time.perf_counter()
    while time.perf_counter() < started + seconds:
        tower.encode_squares(squares)
        count += len(squares)
    return count / (time.perf_counter() - started)


def _together(tower: ImageTower, squares: torch.Tensor, seconds: float) -> float:
    tower.pixel_tower.encode(squares)
    count, started = 0, time.perf_counter()
    while time.perf_counter() < started + seconds:
        tower.pixel_tower.encode(squares)
        count += len(squares)
    return count / (time.perf_counter() - started)


def combine(derivatives_per_s: float, encodings_per_s: float) -> float:
    """Return the images a second when both kinds of work share the same cores."""
    return 1 / (1 / derivatives_per_s + 1 / encodings_per_s)
