"""Files that stay for as long as they are used: the time of a file's last change is that of its last use."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class _Used:
    age: float
    size: int
    path: Path


def age_of(path: Path) -> float | None:
    """Return the seconds since the last use of a file; None when it is not there."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return None


def note_use(path: Path, exactly: timedelta) -> None:
    """Notes that a file is used now, unless its last use is less than `exactly` ago: not every read is a write."""
    age = age_of(path)
    if age is not None and age > exactly.total_seconds():
        with suppress(FileNotFoundError):  # swept this very moment
            os.utime(path)


def sweep(
    paths: Iterable[Path],
    *,
    kept: timedelta | None = None,
    most_files: int | None = None,
    most_bytes: int | None = None,
) -> int:
    """Deletes what was used longest ago: before `kept`, or beyond so many. Says how many; may run twice."""
    gone = total = 0
    for number, used in enumerate(sorted(_used(paths))):
        total += used.size
        is_old = kept is not None and used.age > kept.total_seconds()
        is_beyond = (most_files is not None and number >= most_files) or (most_bytes is not None and total > most_bytes)
        if is_old or is_beyond:
            used.path.unlink(missing_ok=True)
            gone += 1
    return gone


def _used(paths: Iterable[Path]) -> Iterator[_Used]:
    now = time.time()
    for path in paths:
        try:
            status = path.stat()
        except FileNotFoundError:  # replaced or swept meanwhile
            continue
        yield _Used(now - status.st_mtime, status.st_size, path)
