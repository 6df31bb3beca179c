"""Batches side by side in one process, but alone when workers were lost over them, so that no other is blamed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Who waits to be alone goes before those who come later."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._at_work = 0
        self._waiting_to_be_alone = 0
        self._is_one_alone = False

    @contextmanager
    def taken(self, *, alone: bool) -> Iterator[None]:
        """The `with` block runs beside others, or by itself."""
        with self._changed:
            self._wait(alone=alone)
            self._at_work += 1
            self._is_one_alone = alone
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                self._is_one_alone = False
                self._changed.notify_all()

    def _wait(self, *, alone: bool) -> None:
        if not alone:
            self._changed.wait_for(lambda: not self._is_one_alone and not self._waiting_to_be_alone)
            return
        self._waiting_to_be_alone += 1
        try:
            self._changed.wait_for(lambda: not self._at_work)
        finally:
            self._waiting_to_be_alone -= 1
