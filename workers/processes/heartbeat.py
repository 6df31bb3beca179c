"""Which workers there are, as they tell in the database every few seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from workers.models import WorkerProcess
from workers.processes import identity
from workers.processes.device import read_device

logger = logging.getLogger(__name__)

TELL_SECONDS = 5.0
SILENT = timedelta(seconds=20)
"""Four heartbeats: a worker that said nothing for longer is shown as one that is silent."""

FORGOTTEN = timedelta(minutes=10)
"""A silent worker of another machine stays in the list for so long, because somebody may have to look after it."""


class Presence(threading.Thread):
    """Tells of this worker every few seconds until it is stopped, and then takes its row away."""

    def __init__(self, title: str, queues: Sequence[str], slots: int, numbers: Callable[[], Sequence[int]]) -> None:
        super().__init__(name="presence", daemon=True)
        self._title = title
        self._queues = sorted(queues)
        self._slots = slots
        self._numbers = numbers
        self._stopped = threading.Event()

    def run(self) -> None:
        while True:
            self._guarded(self.tell)
            if self._stopped.wait(TELL_SECONDS):
                break
        self._guarded(self._withdraw)

    def stop(self) -> None:
        """Ends the thread after what it is doing."""
        self._stopped.set()

    def tell(self) -> None:
        """Writes down that this worker lives, under which names it claims batches, and how its device is."""
        told = {
            "title": self._title,
            "queues": self._queues,
            "slots": self._slots,
            "names": [identity.name_of(number) for number in self._numbers()],
            "device": read_device(uses_gpu="gpu" in self._queues),
            "seen_at": timezone.now(),
        }
        WorkerProcess.objects.update_or_create(name=identity.own_name(), defaults=told)

    def _withdraw(self) -> None:
        WorkerProcess.objects.filter(name=identity.own_name()).delete()

    def _guarded(self, say: Callable[[], None]) -> None:
        try:
            say()
        except DatabaseError as error:
            logger.warning("this worker could not tell that it is here: %s", error)
        finally:
            # Pool processes are forked from this one at any time; they must not inherit a connection at work.
            connection.close()


def drop_gone() -> None:
    """Forgets workers of this machine that ended without a word, and others that were silent for long."""
    WorkerProcess.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()
    for pk, name in WorkerProcess.objects.values_list("pk", "name"):
        if identity.is_gone(name):
            WorkerProcess.objects.filter(pk=pk, name=name).delete()
