"""Reads pictures and encodes them in chunks side by side: each thread loads, prepares and encodes a chunk of its own.

So no encoder waits for a loader: while one thread computes, another reads. On a GPU the same threads keep it fed, each
on a stream of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from search.encoders.base import PixelTower
from search.encoders.pictures import Picture, pixels_of, read_jpegs
from search.encoders.threads import use_one_thread_per_call
from search.errors import EncoderUnavailable, UnreadableImage
from search.values import Float32Array, Report, no_report

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

Load = Callable[[slice], list[Picture]]


@dataclass(frozen=True, slots=True)
class EncodedFiles:
    """Unit vectors, shape (len(positions), dimension), of the files at these positions, and why others have none."""

    vectors: Float32Array
    positions: tuple[int, ...]
    unreadable: dict[int, str]


class ImageTower:
    """A pixel tower with the chunk size and the place of decoding that suit this machine; safe for several threads."""

    def __init__(self, tower: PixelTower, dimension: int, chunk: int, decode_on: str) -> None:
        self.pixel_tower = tower
        self._dimension = dimension
        self._chunk = chunk
        self._decode_on = decode_on
        # Each thread reads, prepares and encodes: while one waits for the disk or the device, another computes.
        self.threads = use_one_thread_per_call()
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="encode")

    @property
    def chunk(self) -> int:
        """The number of pictures that are encoded at once; halved whenever the device has no room for so many."""
        return self._chunk

    def encode(self, images: Sequence[Image.Image]) -> Float32Array:
        """Unit vectors, float32, shape (len(images), dimension); images are of any size and mode."""
        return self._encode(len(images), lambda chunk: [pixels_of(image) for image in images[chunk]], no_report).vectors

    def encode_files(self, paths: Sequence[Path], report: Report = no_report) -> EncodedFiles:
        """The vectors of JPEG files; one that cannot be read keeps no other from being encoded."""
        return self._encode(len(paths), lambda chunk: read_jpegs(paths[chunk], self._decode_on), report)

    def encode_squares(self, squares: torch.Tensor) -> Float32Array:
        """The vectors of prepared uint8 squares, shape (n, 3, side, side)."""
        return np.concatenate(list(self._pool.map(self._within_memory, squares.split(self._chunk))))

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()

    def _encode(self, count: int, load: Load, report: Report) -> EncodedFiles:
        size = self._chunk  # once: another thread may halve it
        chunks = [slice(start, start + size) for start in range(0, count, size)]
        futures = [self._pool.submit(self._encode_chunk, load, chunk) for chunk in chunks]
        vectors = [np.empty((0, self._dimension), np.float32)]
        unreadable: dict[int, str] = {}
        try:
            for chunk, future in zip(chunks, futures, strict=True):
                chunk_vectors, chunk_unreadable = future.result()
                vectors.append(chunk_vectors)
                unreadable |= {chunk.start + position: reason for position, reason in chunk_unreadable.items()}
                report(min(chunk.stop, count), count)
        finally:
            for future in futures:
                future.cancel()
        positions = tuple(position for position in range(count) if position not in unreadable)
        return EncodedFiles(np.concatenate(vectors), positions, unreadable)

    def _encode_chunk(self, load: Load, chunk: slice) -> tuple[Float32Array, dict[int, str]]:
        import torch

        try:
            return self._encode_pictures(load(chunk))
        except torch.OutOfMemoryError:
            if self._decode_on == "cpu":
                raise
        self._decode_on = "cpu"  # there is no room to decode on the device
        return self._encode_pictures(load(chunk))

    def _encode_pictures(self, pictures: Sequence[Picture]) -> tuple[Float32Array, dict[int, str]]:
        import torch

        squares: list[torch.Tensor] = []
        unreadable: dict[int, str] = {}
        for position, picture in enumerate(pictures):
            if isinstance(picture, UnreadableImage):
                unreadable[position] = str(picture)
            else:
                squares.append(self.pixel_tower.prepare(picture))
        if not squares:
            return np.empty((0, self._dimension), np.float32), unreadable
        return self._within_memory(torch.stack(squares)), unreadable

    def _within_memory(self, squares: torch.Tensor) -> Float32Array:
        """Encodes half at a time what is too much at once, and remembers the half for what comes after."""
        import torch

        try:
            return self.pixel_tower.encode(squares)
        except torch.OutOfMemoryError as error:
            if len(squares) == 1:
                raise EncoderUnavailable(
                    "The GPU has too little free memory to encode a single image. "
                    "End what else runs on it, or choose a smaller encoder."
                ) from error
        # Outside the handler, whose traceback would keep the failed attempt's tensors alive.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        half = len(squares) // 2
        self._chunk = min(self._chunk, half)
        logger.warning("no room for %s images at once; going on with %s", len(squares), self._chunk)
        return np.concatenate([self._within_memory(squares[:half]), self._within_memory(squares[half:])])
