"""What every vector index is: an immutable set of unit vectors that can be searched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from search.values import Float16Array, Float32Array, Int64Array, Match, Report, no_report


class VectorIndex(Protocol):
    """A searchable snapshot; safe for concurrent searches, never changed after it is opened."""

    @property
    def count(self) -> int: ...

    @property
    def image_ids(self) -> Int64Array:
        """Shape (count,), in the order of the vectors."""
        ...

    def search(self, query: Float32Array, k: int) -> list[Match]:
        """The k nearest to a unit query of shape (dimension,), best first; fewer when the index holds fewer."""
        ...

    def neighbours(self, k: int, report: Report = no_report) -> tuple[Int64Array, Float32Array]:
        """Positions and cosine similarities of every vector's k nearest, itself included; shapes (count, k)."""
        ...


class IndexBackend(Protocol):
    """Builds and opens the files of one kind of index."""

    def build(self, folder: Path, dimension: int, chunks: Iterable[tuple[Int64Array, Float16Array]]) -> int:
        """Writes the index into an empty folder; returns how many vectors it holds."""
        ...

    def open(self, folder: Path) -> VectorIndex: ...
