"""What a Celery worker does beside its tasks: it tells that it is here."""

from __future__ import annotations

import os
from typing import Any

from celery import bootsteps

from workers.processes.heartbeat import Presence


class PresenceStep(bootsteps.StartStopStep):
    """Starts when the pool stands, because batches are claimed by the pool's processes."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        self._presence: Presence | None = None

    def start(self, worker: Any) -> None:
        queues = worker.app.amqp.queues.consume_from

        def numbers() -> list[int]:
            """Of the processes of a prefork pool; a pool of threads has none of its own."""
            return list(worker.pool.info.get("processes", ())) or [os.getpid()]

        slots = worker.pool.info.get("max-concurrency") or 1
        self._presence = Presence(worker.hostname, list(queues), slots, numbers)
        self._presence.start()

    def stop(self, worker: Any) -> None:
        if self._presence is not None:
            self._presence.stop()
            self._presence.join(timeout=5)
