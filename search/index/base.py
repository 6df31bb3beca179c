"""What every vector index is: an immutable snapshot of unit vectors that can be searched, and how one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from search.values import Filters, Float16Array, Float32Array, Int64Array, Match, Report, UInt64Array, no_report


class Chunk(NamedTuple):
    """Image ids, shape (n,), and their unit vectors, shape (n, dimension)."""

    image_ids: Int64Array
    vectors: Float16Array


class ScalarFields(NamedTuple):
    """The fields of an image that an index may keep beside its vector, to push filters down."""

    image_id: int
    name: str
    width: int
    height: int
    taken_at_ms: int | None
    """Milliseconds since 1970, as are all times here."""

    added_at_ms: int


class Content(Protocol):
    """The content of a version, streamed from the database."""

    encoder: str
    dimension: int
    image_ids: Int64Array
    """Ascending."""

    checksums: UInt64Array
    """The first 64 bits of each image's SHA-256, in the same order: another picture has another vector."""

    def chunks(self, image_ids: Int64Array | None = None) -> Iterator[Chunk]:
        """Vectors in ascending order of the ids; of all images, or of these. Images gone meanwhile are left out."""
        ...

    def sample_queries(self) -> Float32Array:
        """Unit vectors of texts as people ask them, shape (n, dimension), to tune with; none where none can be had."""
        ...

    def scalar_fields(self, image_ids: Int64Array) -> list[ScalarFields]:
        """Return the fields of those of these images that still exist."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """The difference to the version before: ids whose vectors are new or other, and ids that leave it."""

    added: Int64Array
    removed: Int64Array
    """Ids that are gone, and the changed ones, whose old vectors go."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """The images to search among: filters that a backend may push down, and the ids that the database finds."""

    filters: Filters
    image_ids: Callable[[], Int64Array]
    """Ascending; asked only where the filters cannot be pushed down."""


class FilterMask(Protocol):
    """A filter prepared for one open index, to be used for many searches."""

    # A search looks inside the filter and not at the hits after it: so pages are full and totals are true, however few
    # images meet it.

    @property
    def count(self) -> int:
        """The number of images of the index that meet the filter."""
        ...


class VectorIndex(Protocol):
    """An open version; safe for concurrent use. Its vectors never change; images can be hidden from searches."""

    @property
    def count(self) -> int: ...

    @property
    def dimension(self) -> int: ...

    @property
    def image_ids(self) -> Int64Array:
        """Shape (count,), ascending."""
        ...

    def search(self, query: Float32Array, k: int, selection: FilterMask | None = None) -> list[Match]:
        """The k nearest to a unit query of shape (dimension,), best first; fewer only where there are fewer.

        Hidden images and those outside `selection` are not found. Raises ServiceUnavailable when a server of vectors
        does not answer.
        """
        ...

    def select(self, criteria: Criteria) -> FilterMask: ...

    def hide(self, image_ids: Iterable[int]) -> None:
        """Leaves images out of every search from now on: tombstones, until `show_hidden` or another version."""
        ...

    def show_hidden(self) -> None: ...

    def neighbours(
        self,
        k: int,
        report: Report = no_report,
        *,
        of: Int64Array | None = None,
        among: Int64Array | None = None,
    ) -> tuple[Int64Array, Float32Array]:
        """Positions in `image_ids` and cosine similarities of the k nearest of every vector, itself included.

        `of`: positions whose neighbours are asked; `among`: those that may be neighbours, ascending; both all, if not
        given. Shapes (of, k), best first; k is the number of those that may be neighbours, at most.
        """
        ...

    def scores(self, query: Float32Array) -> Float32Array:
        """The cosine of every vector to a unit query, shape (count,), in the order of `image_ids`, whatever is hidden.

        Reads every vector. Raises ServiceUnavailable as `search` does.
        """
        ...

    def close(self) -> None:
        """Closes files and connections, when nobody searches any more."""
        ...


class IndexBackend(Protocol):
    """Makes and opens versions of one kind. A version has a folder, whatever else it has elsewhere."""

    def build(self, folder: Path, content: Content) -> dict[str, Any]:
        """Writes a version anew into an empty folder; returns what its manifest is to say of it, as JSON.

        Raises IndexDamaged for vectors that are not finite, not of unit length or of another dimension.
        """
        ...

    def extend(
        self, folder: Path, content: Content, change: Change, previous: Path, notes: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Writes a version from the one in `previous`, whose manifest says `notes`; None where a build is better."""
        ...

    def open(self, folder: Path, notes: dict[str, Any]) -> VectorIndex: ...

    def announce(self, folder: Path, notes: dict[str, Any]) -> None:
        """Names a version as the live one to other clients of the server that holds it, where there is such a server.

        Raises ServiceUnavailable when the server does not answer.
        """
        ...

    def discard(self, folder: Path, notes: dict[str, Any]) -> None:
        """Drops what a version has outside its folder; nothing happens when it is gone already."""
        ...
