"""Mending from SQL what was lost on the way: dead workers, lost messages, runs that nobody advanced."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from workers import batches
from workers.execution import LEASE_RENEWAL
from workers.models import Batch, Run
from workers.progress import publish_soon, publish_unsent
from workers.queue import QUEUES, enqueue, waiting_messages

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=6 * LEASE_RENEWAL)
LOST_MESSAGE_AGE = timedelta(seconds=30)


def repair_runs() -> None:
    """Brings every active run back on its way; harmless where nothing is wrong."""
    requeue_abandoned()
    resend_lost()
    for run_id in Run.objects.filter(state=Run.State.ACTIVE).values_list("pk", flat=True):
        batches.advance(run_id)
    publish_unsent()


def requeue_abandoned() -> None:
    """Batches whose lease ran out go back into the queue; one that lost too many workers fails its run."""
    abandoned = Batch.objects.filter(
        state=Batch.State.RUNNING, run__state=Run.State.ACTIVE, heartbeat_at__lt=timezone.now() - LEASE
    ).select_related("run")
    for batch in abandoned:
        batches.try_again(batch, f"its worker was lost ({batch.worker})")
        publish_soon(batch.run_id)


def resend_lost() -> None:
    """Batches that wait although their queue is empty have lost their message (a broker that forgot)."""
    old = timezone.now() - LOST_MESSAGE_AGE
    waiting = Batch.objects.filter(
        state=Batch.State.QUEUED, run__state=Run.State.ACTIVE, run__is_paused=False, queued_at__lt=old
    )
    for queue in sorted(set(QUEUES.values())):
        stages = [stage for stage, name in QUEUES.items() if name == queue]
        lost = waiting.filter(stage__in=stages).order_by("pk")
        if not lost.exists() or waiting_messages(queue):
            continue
        logger.warning("queue %s is empty while batches wait; sending them again", queue)
        for batch in lost.iterator():
            enqueue(batch)
