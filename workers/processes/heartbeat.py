"""The heartbeat of workers: each writes a row every few seconds that says what it is and that it lives."""

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

BEAT_SECONDS = 5.0
SILENT_AFTER = timedelta(seconds=20)
"""Four heartbeats: a worker without one for longer is shown as silent."""

FORGET_AFTER = timedelta(minutes=10)
"""A silent worker of another machine stays in the list for so long, because somebody may have to look after it."""


class Heartbeat(threading.Thread):
    """Writes the row of this worker every few seconds until it is stopped, and then deletes it."""

    def __init__(self, title: str, queues: Sequence[str], slots: int, pids: Callable[[], Sequence[int]]) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._title = title
        self._queues = sorted(queues)
        self._slots = slots
        self._pids = pids
        self._stopped = threading.Event()

    def run(self) -> None:
        while True:
            self._try(self.beat)
            if self._stopped.wait(BEAT_SECONDS):
                break
        self._try(self._withdraw)

    def stop(self) -> None:
        """End the thread after its present beat."""
        self._stopped.set()

    def beat(self) -> None:
        """Write that this worker lives, under which names it leases batches, and how its device is."""
        row = {
            "title": self._title,
            "queues": self._queues,
            "slots": self._slots,
            "names": [identity.name_of(pid) for pid in self._pids()],
            "device": read_device(uses_gpu="gpu" in self._queues),
            "seen_at": timezone.now(),
        }
        WorkerProcess.objects.update_or_create(name=identity.own_name(), defaults=row)

    def _withdraw(self) -> None:
        WorkerProcess.objects.filter(name=identity.own_name()).delete()

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except DatabaseError as error:
            logger.warning("this worker could not tell that it is here: %s", error)
        finally:
            # Pool processes are forked from this one at any time; they must not inherit a connection at work.
            connection.close()


def delete_dead() -> None:
    """Delete the rows of workers of this machine that ended without deleting theirs, and of others long silent."""
    WorkerProcess.objects.filter(seen_at__lt=timezone.now() - FORGET_AFTER).delete()
    for pk, name in WorkerProcess.objects.values_list("pk", "name"):
        if identity.is_gone(name):
            WorkerProcess.objects.filter(pk=pk, name=name).delete()
