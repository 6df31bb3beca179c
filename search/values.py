"""Immutable values that cross layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
Float16Array = npt.NDArray[np.float16]
Int64Array = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
UInt64Array = npt.NDArray[np.uint64]
UInt32Array = npt.NDArray[np.uint32]
UInt16Array = npt.NDArray[np.uint16]
UInt8Array = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]

Report = Callable[[int, int], None]
"""Called with (done, total) while a service works; may raise to stop it."""


def no_report(done: int, total: int) -> None:
    """The report of a caller who does not listen."""


@dataclass(frozen=True, slots=True)
class Match:
    """A hit of an index: an image id and its cosine similarity to the query."""

    image_id: int
    score: float


class TermKind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    """An image of the library, by its id."""

    UPLOAD = "upload"
    """A picture that somebody searched with, by its token."""

    URL = "url"
    """A picture elsewhere, by its address."""


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a query: a text, or what names a picture. A weight below zero takes away; none is zero."""

    kind: TermKind
    value: str
    weight: float = 1.0


class Orientation(StrEnum):
    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


class Order(StrEnum):
    """The order of hits: by relevance, or the best of them by date or name."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    ADDED_LAST = "added-last"
    ADDED_FIRST = "added-first"
    NAME = "name"
    NAME_REVERSED = "name-reversed"


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a search; an image must meet every one that is set.

    Times are aware; `until` ends are exclusive. `name_contains` ignores case and looks at the path below the dataset's
    folder. Sizes are pixels of the shorter side. Of the tags an image must have each.
    """

    taken_from: datetime | None = None
    taken_until: datetime | None = None
    added_from: datetime | None = None
    added_until: datetime | None = None
    orientation: Orientation | None = None
    shorter_side_from: int | None = None
    name_contains: str = ""
    tags: tuple[str, ...] = ()
    collection: int | None = None
    """Id of a collection."""

    selection: str = ""
    """Token of a selection on a map."""

    without_errors: bool = False
    """Only images of which no file stands in the error ledger, other than as ignored."""
    is_collapsed: bool = False
    """Only the best one that passes the other filters, of images that are copies of each other."""

    def __bool__(self) -> bool:
        """Return whether any filter is set."""
        return self != Filters()


@dataclass(frozen=True, slots=True)
class FailedImage:
    """An image that a service could not process, and why, in plain words."""

    image_id: int | None
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """The outcome of a batch of a stage: ids that may go on, the failures, and how many bytes of originals it read."""

    done_ids: tuple[int, ...]
    failures: tuple[FailedImage, ...] = ()
    bytes_read: int = 0
