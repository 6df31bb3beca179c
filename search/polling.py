"""Waiting for something outside this process that cannot tell when it is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def wait_for(is_true: Callable[[], bool], seconds: float) -> bool:
    """Asks ten times a second until the answer is yes; False when `seconds` are over."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.1)
    return True
