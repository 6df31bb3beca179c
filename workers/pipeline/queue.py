"""Messages of batches to Celery: after the commit, by id, on their stage's queue, with their run's priority."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

from workers.celery import app
from workers.models import Batch, Run
from workers.registry import get_stage, stage_queues

logger = logging.getLogger(__name__)


def all_queues() -> tuple[str, ...]:
    """Return every queue of the site; repair has its own, so that it never waits behind a long run."""
    return (*stage_queues(), "repair")


def enqueue_on_commit(batch: Batch) -> None:
    """Send the batch once its row is committed; `workers.runs.repair` sends a lost message again."""
    transaction.on_commit(lambda: enqueue(batch))


def enqueue(batch: Batch) -> None:
    """Send the message of a batch on the queue of its stage."""
    # Read anew: the batch may know its run from before somebody changed the priority.
    priority = Run.objects.filter(pk=batch.run_id).values_list("priority", flat=True).first()
    if priority is not None:
        _send(batch.pk, batch.stage, priority)


def enqueue_waiting(run_id: int) -> None:
    """Send every waiting batch of a run once more; one that is delivered twice is claimed once."""
    waiting = Batch.objects.filter(
        run=run_id, state=Batch.State.QUEUED, run__state=Run.State.ACTIVE, run__is_paused=False
    ).order_by("pk")
    with app.producer_or_acquire() as producer:
        for batch_id, stage, priority in waiting.values_list("pk", "stage", "run__priority").iterator():
            if not _send(batch_id, stage, priority, producer=producer):
                return


def forward(batch_id: int, priority: int | None) -> bool:
    """Send a message on whose priority is no longer that of its run; return whether it was."""
    waiting = Batch.objects.filter(pk=batch_id, state=Batch.State.QUEUED, run__state=Run.State.ACTIVE)
    row = waiting.values_list("stage", "run__priority").first()
    if row is None or priority is None:
        return False
    stage, present = row
    # The broker has a list for each queue and priority: a message cannot change its place, only be sent again.
    return present != priority and _send(batch_id, stage, present)


def _send(batch_id: int, stage_name: str, priority: int, **options: Any) -> bool:
    stage = get_stage(stage_name)
    try:
        # No retry: a request or a batch waits here, and repair sends again what is lost.
        app.send_task(stage.task, args=[batch_id], queue=stage.queue, priority=priority, retry=False, **options)
    except OperationalError:
        logger.warning("batch %s could not be queued; it will be sent again", batch_id)
        return False
    return True


def waiting_messages(queue: str) -> int:
    """Return how many messages of any priority wait in a queue. Raises kombu's OperationalError without the broker."""
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        return int(channel.queue_declare(queue=queue, durable=True, auto_delete=False).message_count)
