"""A lock for the batches of one process: many at a time, or one exclusively, when workers were lost over it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SharedLock:
    """A lock that is shared by many, or held exclusively by one; who waits for it exclusively goes before newcomers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders = 0
        self._waiting_exclusively = 0
        self._is_exclusive = False

    @contextmanager
    def acquire(self, *, exclusive: bool) -> Iterator[None]:
        """Hold the lock for the `with` block, shared or exclusively; wait until it is free."""
        with self._changed:
            self._wait(exclusive=exclusive)
            self._holders += 1
            self._is_exclusive = exclusive
        try:
            yield
        finally:
            with self._changed:
                self._holders -= 1
                self._is_exclusive = False
                self._changed.notify_all()

    def _wait(self, *, exclusive: bool) -> None:
        if not exclusive:
            # Otherwise a steady stream of others would keep the suspected batch from ever being done.
            self._changed.wait_for(lambda: not self._is_exclusive and not self._waiting_exclusively)
            return
        self._waiting_exclusively += 1
        try:
            self._changed.wait_for(lambda: not self._holders)
        finally:
            self._waiting_exclusively -= 1
