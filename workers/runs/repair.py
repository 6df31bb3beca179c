"""Repair of what was lost on the way, from SQL alone: lost workers, lost messages, runs that nobody advanced."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from search.bucket.maintenance import can_be_written
from search.versions.lifecycle import prune_all
from workers.ledger import entries
from workers.models import Batch, Run
from workers.pipeline import lost_workers
from workers.pipeline.advance import advance
from workers.pipeline.disk_space import SPACE_TO_GO_ON, free_bytes
from workers.pipeline.queue import enqueue, waiting_messages
from workers.processes import heartbeat
from workers.progress.publish import publish_unsent
from workers.registry import all_stages, stage_queues
from workers.runs import maintenance
from workers.runs.control import resume_run

logger = logging.getLogger(__name__)

LOST_MESSAGE_AGE = timedelta(seconds=15)


def repair_runs() -> None:
    """Bring every active run back on its way; harmless where nothing is wrong."""
    lost_workers.recover_all()
    resend_lost()
    entries.reopen_stale_retries()
    # Again here: a build keeps older versions that web processes had open at that moment.
    prune_all()
    heartbeat.delete_dead()
    maintenance.resend_removals()
    resume_where_there_is_space()
    for run_id in Run.objects.filter(state=Run.State.ACTIVE).values_list("pk", flat=True):
        advance(run_id)
    # Last, since advance may have ended runs.
    publish_unsent()


def resend_lost() -> None:
    """Send batches again that wait although their queue is empty: the broker has lost their messages."""
    old = timezone.now() - LOST_MESSAGE_AGE
    waiting = Batch.objects.filter(
        state=Batch.State.QUEUED, run__state=Run.State.ACTIVE, run__is_paused=False, queued_at__lt=old
    )
    for queue in stage_queues():
        stages = [stage.name for stage in all_stages() if stage.queue == queue]
        lost = waiting.filter(stage__in=stages).order_by("pk")
        if not lost.exists() or waiting_messages(queue):
            continue
        logger.warning("queue %s is empty while batches wait; sending them again", queue)
        for batch in lost.iterator():
            enqueue(batch)


def resume_where_there_is_space() -> None:
    """Resume the runs that wait, once every folder of the data has some space again and the bucket can be written."""
    waiting = Run.objects.filter(state=Run.State.ACTIVE, waits_for_disk_space=True)
    if waiting.exists() and free_bytes() >= SPACE_TO_GO_ON and can_be_written():
        for run in waiting:
            resume_run(run, "There is room again.")
