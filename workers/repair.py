"""Mending from SQL what was lost on the way: dead workers, lost messages, runs that nobody advanced."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from search.services.versions import prune_all
from workers import chores, deaths, ledger, presence, room
from workers.advance import advance
from workers.models import Batch, Run
from workers.progress import publish_unsent
from workers.queue import QUEUES, STAGE_QUEUES, enqueue, waiting_messages

logger = logging.getLogger(__name__)

LOST_MESSAGE_AGE = timedelta(seconds=15)


def repair_runs() -> None:
    """Brings every active run back on its way; harmless where nothing is wrong."""
    deaths.look_after_all()
    resend_lost()
    ledger.release_forgotten()
    prune_all()
    presence.drop_gone()
    chores.resend_removals()
    room.go_on_where_there_is_room()
    for run_id in Run.objects.filter(state=Run.State.ACTIVE).values_list("pk", flat=True):
        advance(run_id)
    publish_unsent()


def resend_lost() -> None:
    """Batches that wait although their queue is empty have lost their message (a broker that forgot)."""
    old = timezone.now() - LOST_MESSAGE_AGE
    waiting = Batch.objects.filter(
        state=Batch.State.QUEUED, run__state=Run.State.ACTIVE, run__is_paused=False, queued_at__lt=old
    )
    for queue in STAGE_QUEUES:
        stages = [stage for stage, name in QUEUES.items() if name == queue]
        lost = waiting.filter(stage__in=stages).order_by("pk")
        if not lost.exists() or waiting_messages(queue):
            continue
        logger.warning("queue %s is empty while batches wait; sending them again", queue)
        for batch in lost.iterator():
            enqueue(batch)
