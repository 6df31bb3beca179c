"""The boot step by which a Celery worker has a heartbeat."""

from __future__ import annotations

import os
from typing import Any

from celery import bootsteps

from workers.processes.heartbeat import Heartbeat


class HeartbeatStep(bootsteps.StartStopStep):
    """Starts when the pool stands, because batches are claimed by the pool's processes."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        self._heartbeat: Heartbeat | None = None

    def start(self, worker: Any) -> None:
        queues = worker.app.amqp.queues.consume_from

        def pids() -> list[int]:
            """Return the ids of the pool's processes; a pool of threads has none but this one."""
            return list(worker.pool.info.get("processes", ())) or [os.getpid()]

        slots = worker.pool.info.get("max-concurrency") or 1
        self._heartbeat = Heartbeat(worker.hostname, list(queues), slots, pids)
        self._heartbeat.start()

    def stop(self, worker: Any) -> None:
        if self._heartbeat is not None:
            self._heartbeat.stop()
            self._heartbeat.join(timeout=5)
