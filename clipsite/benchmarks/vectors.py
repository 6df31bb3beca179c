"""Vectors to measure indexes with: real embeddings where there are enough, else samples of a described distribution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from django.db import DatabaseError

from search.embeddings.store import DatasetContent
from search.index.base import Chunk, ScalarFields
from search.index.memmap import MappedVectors
from search.models import Dataset
from search.values import Float16Array, Float32Array, Int64Array, UInt64Array

DIMENSION = 512
SUBJECTS_PER_ROOT = 4
MappedHalves = np.memmap[Any, np.dtype[np.float16]]
_ROWS = 16_384
_MEAN_COSINE = 0.5
_CLOSENESS = 0.75


@dataclass(frozen=True, slots=True)
class VectorFile:
    """float16 unit vectors in an .npy file, shape (count, dimension), and where they come from."""

    path: Path
    count: int
    dimension: int
    origin: str

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open a file that `write` made."""
        count, dimension = np.load(path, mmap_mode="r").shape
        return cls(path, count, dimension, path.with_suffix(".txt").read_text(encoding="utf-8"))

    @classmethod
    def write(cls, path: Path, vectors: MappedHalves, origin: str) -> Self:
        vectors.flush()
        path.with_suffix(".txt").write_text(origin, encoding="utf-8")
        return cls.at(path)

    def read(self) -> MappedHalves:
        """Return the vectors, memory-mapped, shape (count, dimension)."""
        vectors: MappedHalves = np.load(self.path, mmap_mode="r")
        return vectors

    def mapped(self) -> MappedVectors:
        """Return the vectors in the form that maps read."""
        return MappedVectors(self.path, self.count, self.dimension)


def vectors_for(count: int, path: Path) -> VectorFile:
    """Write so many vectors to `path`: of the largest indexed dataset here if it has as many, else synthetic ones."""
    try:
        largest = Dataset.objects.filter(live_version__count__gte=count).order_by("-live_version__count").first()
    except DatabaseError:  # a site that was never started has no tables
        largest = None
    if largest and largest.live_version:
        return _real(largest, count, path)
    return synthetic_vectors(count, DIMENSION, path)


def synthetic_vectors(count: int, dimension: int, path: Path, seed: int = 0) -> VectorFile:
    """Draw unit vectors that are spread as CLIP's embeddings of photos are known to be.

    All share a direction, so that two unrelated ones have a cosine of about 0.5 (the cone of Liang et al., "Mind the
    gap", NeurIPS 2022). Around it they lie in subjects, of which there are four times the root of the count, of sizes
    after Zipf's law. Subjects, and pictures within a subject, differ along directions whose variance falls as 1/rank.
    """
    random = np.random.default_rng(seed)
    subjects = max(1, int(SUBJECTS_PER_ROOT * np.sqrt(count)))
    spread = 1 / np.sqrt(np.arange(1, dimension + 1))
    spread /= np.linalg.norm(spread)
    axis = _unit(random.standard_normal((1, dimension)).astype(np.float32))
    centres = random.standard_normal((subjects, dimension)).astype(np.float32) * spread
    chances = 1 / np.arange(1, subjects + 1)
    chances /= chances.sum()
    vectors = np.lib.format.open_memmap(path, "w+", np.float16, (count, dimension))
    for start in range(0, count, _ROWS):
        rows = min(_ROWS, count - start)
        own = random.standard_normal((rows, dimension)).astype(np.float32) * spread
        around = centres[random.choice(subjects, rows, p=chances)]
        mixed = np.sqrt(_CLOSENESS) * around + np.sqrt(1 - _CLOSENESS) * own
        vectors[start : start + rows] = _unit(
            np.sqrt(_MEAN_COSINE) * axis + np.sqrt(1 - _MEAN_COSINE) * mixed.astype(np.float32)
        )
    return VectorFile.write(path, vectors, f"synthetic: {subjects:,} subjects around one direction")


class FileContent:
    """The vectors of a file as the content of a version; image ids count from 1."""

    encoder = "benchmark/vectors/1"

    def __init__(self, file: VectorFile) -> None:
        self.dimension = file.dimension
        self.image_ids: Int64Array = np.arange(1, file.count + 1)
        self.checksums: UInt64Array = self.image_ids.astype(np.uint64)
        self._vectors = file.read()
        self._path = file.path

    def chunks(self, image_ids: Int64Array | None = None) -> Iterator[Chunk]:
        ids = self.image_ids if image_ids is None else image_ids
        for start in range(0, len(ids), _ROWS):
            some = ids[start : start + _ROWS]
            yield Chunk(some, self._read(some))

    def _read(self, ids: Int64Array) -> Float16Array:
        """Read the vectors of these ids, unmapped where contiguous: a map would count as the build's memory."""
        if ids[-1] - ids[0] >= len(ids):
            return np.asarray(self._vectors[ids - 1])
        offset = self._vectors.offset + int(ids[0] - 1) * self.dimension * 2
        return np.fromfile(self._path, np.float16, len(ids) * self.dimension, offset=offset).reshape(len(ids), -1)

    def sample_queries(self) -> Float32Array:
        return np.empty((0, self.dimension), np.float32)

    def scalar_fields(self, image_ids: Int64Array) -> list[ScalarFields]:
        return [ScalarFields(int(pk), f"{pk}.jpg", 0, 0, None, 0) for pk in image_ids]


def _real(dataset: Dataset, count: int, path: Path) -> VectorFile:
    version = dataset.live_version
    assert version is not None  # noqa: S101 - it was chosen by its live version
    content = DatasetContent(dataset, version.encoder)
    vectors = np.lib.format.open_memmap(path, "w+", np.float16, (count, content.dimension))
    filled = 0
    for chunk in content.chunks(content.image_ids[:count]):
        vectors[filled : filled + len(chunk.vectors)] = chunk.vectors
        filled += len(chunk.vectors)
    return VectorFile.write(path, vectors, f"embeddings of {dataset.name} by {version.encoder.name}")


def _unit(vectors: Float32Array) -> Float32Array:
    unit: Float32Array = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit
