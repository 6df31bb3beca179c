"""One supervisor for each data folder: a lock that the kernel frees however its holder dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType


class AlreadyRunning(Exception):
    """Somebody else holds the lock; `holder` is the line that they wrote into it."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class FolderLock:
    """Holds an exclusive lock on a file while the `with` block runs, and says in the file who holds it."""

    def __init__(self, path: Path, holder: str) -> None:
        self._path, self._holder = path, holder
        self._handle = -1

    def __enter__(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with os.fdopen(handle) as file:
                raise AlreadyRunning(file.read().strip() or "an unknown process") from None
        os.ftruncate(handle, 0)
        os.write(handle, self._holder.encode())
        self._handle = handle

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            # Emptied, not deleted: who has opened the old file and who makes a new one would both get a lock.
            os.ftruncate(self._handle, 0)
        os.close(self._handle)
