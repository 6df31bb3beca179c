"""Vectors in a file, read where they lie: the operating system keeps what is read often, the process keeps nothing."""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search.values import Float32Array, Int64Array

HALF = np.dtype("<f2")
_CHUNK_ROWS = 16_384
_KEPT_ROWS = 65_536
_SINGLY = 256
"""Rows: so few are read one by one. Through the map each would bring in 16 pages, which count as memory in use."""


class MappedVectors:
    """The last `count * dimension` halves of a file, as a matrix of unit vectors; safe for concurrent use."""

    def __init__(self, path: Path, count: int, dimension: int) -> None:
        """Raises OSError when the file cannot be mapped, ValueError when it is too short."""
        self._file = path.open("rb", buffering=0)
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        self._row_bytes = dimension * HALF.itemsize
        self._offset = len(self._map) - count * self._row_bytes
        if self._offset < 0:
            raise ValueError(f"{path.name} is too short for {count} vectors of dimension {dimension}")
        self._matrix = np.frombuffer(self._map, HALF, count * dimension, self._offset).reshape(count, dimension)
        self._rows_read = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._matrix)

    @property
    def dimension(self) -> int:
        return int(self._matrix.shape[1])

    def take(self, positions: Int64Array) -> Float32Array:
        """Return the vectors at these positions, shape (len(positions), dimension)."""
        return self._rows(positions).astype(np.float32)

    def codes(self, positions: Int64Array) -> npt.NDArray[np.uint8]:
        """Return vectors as the bytes that FAISS has for float16, shape (len(positions), 2 * dimension)."""
        return self._rows(positions).view(np.uint8)

    def chunks(self) -> Iterator[tuple[int, Float32Array]]:
        """Yield all vectors in order: the position of the first row, and some thousand rows."""
        for start in range(0, len(self._matrix), _CHUNK_ROWS):
            rows = self._matrix[start : start + _CHUNK_ROWS].astype(np.float32)
            yield start, rows
            self._release_after(len(rows))

    def _rows(self, positions: Int64Array) -> npt.NDArray[np.float16]:
        if len(positions) > _SINGLY:
            rows = self._matrix[positions]
            self._release_after(16 * len(positions))
            return rows
        handle, size = self._file.fileno(), self._row_bytes
        content = b"".join(os.pread(handle, size, self._offset + row * size) for row in positions.tolist())
        return np.frombuffer(content, HALF).reshape(len(positions), self.dimension)

    def _release_after(self, rows: int) -> None:
        """Pages that were read count as this process's memory until it says that it does without them."""
        with self._lock:
            self._rows_read += rows
            full = self._rows_read >= _KEPT_ROWS
            if full:
                self._rows_read = 0
        if full and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
