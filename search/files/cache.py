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
class _File:
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
    max_age: timedelta | None = None,
    most_files: int | None = None,
    most_bytes: int | None = None,
) -> int:
    """Deletes files not used for `max_age`, and the longest unused beyond so many; returns how many. May run twice."""
    gone = total = 0
    for number, file in enumerate(sorted(_files(paths))):
        total += file.size
        is_old = max_age is not None and file.age > max_age.total_seconds()
        is_beyond = (most_files is not None and number >= most_files) or (most_bytes is not None and total > most_bytes)
        if is_old or is_beyond:
            file.path.unlink(missing_ok=True)
            gone += 1
    return gone


def _files(paths: Iterable[Path]) -> Iterator[_File]:
    now = time.time()
    for path in paths:
        try:
            status = path.stat()
        except FileNotFoundError:  # replaced or swept meanwhile
            continue
        yield _File(now - status.st_mtime, status.st_size, path)
