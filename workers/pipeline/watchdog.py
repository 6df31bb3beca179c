"""A watchdog for files whose decoding does not end: it leaves the file out of the run and ends its process."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import DatabaseError, connection

from search.images import decoder_limits
from search.models import Image
from workers.models import Batch
from workers.pipeline import lifecycle
from workers.pipeline.advance import advance
from workers.progress.publish import publish

logger = logging.getLogger(__name__)

ALARM_SECONDS = 5.0
"""The seconds beyond the limit after which the kernel ends a decoder that does not let the watching thread run."""

_LOOK_SECONDS = 1.0


@dataclass(slots=True)
class _Work:
    image: Image
    until: float


class Watchdog:
    """Watches one batch while the `with` block runs, from a thread of its own."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._work: _Work | None = None
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._look, name=f"watchdog-{batch.pk}", daemon=True)

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._finished.set()
        self._thread.join()

    @contextmanager
    def watch(self, image: Image) -> Iterator[None]:
        """Give the `with` block that reads this image `decoder_limits.FILE_SECONDS`."""
        self._work = _Work(image, time.monotonic() + decoder_limits.FILE_SECONDS)
        try:
            with _kernel_alarm(decoder_limits.FILE_SECONDS + ALARM_SECONDS):
                yield
        finally:
            self._work = None

    def _look(self) -> None:
        pause, looked = _LOOK_SECONDS, time.monotonic()
        while not self._finished.wait(pause):
            now = time.monotonic()
            work = self._work
            if work:
                overslept = now - looked - pause
                if overslept > _LOOK_SECONDS:  # nothing ran, as on a suspended computer: that is not the file's time
                    work.until += overslept
                if now >= work.until and work is self._work:
                    self._end(work.image)
            left = work.until - now if work else _LOOK_SECONDS
            pause, looked = min(max(left, 0.0), _LOOK_SECONDS), now

    def _end(self, image: Image) -> None:
        """Leave the image out and end this process; Celery or the supervisor starts another."""
        logger.error("%s %s; this worker process ends itself", image.name, decoder_limits.too_much_time())
        try:
            lifecycle.leave_out(self._batch, image, decoder_limits.too_much_time())
            advance(self._batch.run_id)
            publish(self._batch.run_id)
        except DatabaseError:
            logger.exception("%s was not written down; the batch counts as one that lost its worker", image.name)
        finally:
            connection.close()
            # sys.exit would end this thread alone.
            os._exit(1)


@contextmanager
def _kernel_alarm(seconds: float) -> Iterator[None]:
    """End the process unless the block ends in time; needs no thread, but only a main thread can set the alarm."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # The default action, which the kernel takes: a handler in Python runs between bytecodes, and a decoder has none.
    former = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
