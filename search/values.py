"""Immutable values that cross layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]
Float16Array = npt.NDArray[np.float16]
Int64Array = npt.NDArray[np.int64]

Report = Callable[[int, int], None]
"""Called with (done, total) while a service works; may raise to stop it."""


def no_report(done: int, total: int) -> None:
    """The report of a caller who does not listen."""


@dataclass(frozen=True, slots=True)
class Match:
    """One answer of an index: an image id and its cosine similarity to the query."""

    image_id: int
    score: float


@dataclass(frozen=True, slots=True)
class FailedImage:
    """An image that a service could not process, and why, in plain words."""

    image_id: int | None
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """What one batch of a stage did: ids that may go on, the failures, and how many bytes of originals it read."""

    done_ids: tuple[int, ...]
    failures: tuple[FailedImage, ...] = ()
    bytes_read: int = 0
