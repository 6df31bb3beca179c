"""Recovery of batches that lose their worker: another attempt, smaller batches, a file in quarantine."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from search.models import Image
from search.values import StageOutcome
from workers.models import Batch, ImageFailure, Run, RunEvent
from workers.pipeline import disk_space, lifecycle
from workers.pipeline.advance import advance
from workers.processes import identity
from workers.progress.publish import publish_soon
from workers.registry import IMAGE_STAGES, get_stage

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""The time that a batch of a process on another machine may go without a heartbeat."""

MAX_LOSSES = 2
_MOST_QUARANTINED = 20
_LOST = "its worker was lost"
_REASON = "ended the worker that read it, twice; it may need too much memory or crash the decoder"


def is_suspected(batch_id: int) -> bool:
    """Return whether a worker was lost over this batch, which has its process to itself from then on."""
    return Batch.objects.filter(pk=batch_id, worker_losses__gt=0).exists()


def recover_all() -> None:
    """Recover every batch of an active run whose worker is gone, or has been silent for too long."""
    running = Batch.objects.filter(state=Batch.State.RUNNING, run__state=Run.State.ACTIVE).select_related("run")
    for batch in running:
        _recover(batch)


def recover(batch_id: int) -> None:
    """Recover one batch if its worker is gone, or has been silent for too long."""
    running = Batch.objects.filter(pk=batch_id, state=Batch.State.RUNNING, run__state=Run.State.ACTIVE)
    batch = running.select_related("run").first()
    if batch is not None:
        _recover(batch)


def _recover(batch: Batch) -> None:
    is_silent = batch.heartbeat_at is None or batch.heartbeat_at < timezone.now() - LEASE
    if identity.is_gone(batch.worker):
        _handle_lost_worker(batch)
    elif is_silent and identity.is_of_this_machine(batch.worker):
        # It lives but was stopped, as with a computer that slept: nothing that its images could be blamed for.
        # Or the disk that its heartbeat is written to was full.
        if not disk_space.wait_if_short(batch):
            lifecycle.try_again(batch, "its worker was silent")
    elif is_silent:
        _handle_lost_worker(batch)
    else:
        return
    publish_soon(batch.run_id)


def _handle_lost_worker(batch: Batch) -> None:
    # One image out of a batch may crash whatever reads it: halves find that image in a few attempts.
    losses = batch.worker_losses + 1
    logger.warning("%s lost its worker %s", batch, batch.worker)
    if batch.stage not in IMAGE_STAGES:
        lifecycle.try_again(batch, _LOST)
    elif losses < MAX_LOSSES:
        lifecycle.requeue(batch, _LOST, losses)
    elif len(batch.image_ids) > 1:
        _split(batch)
    else:
        _quarantine(batch)


def _split(batch: Batch) -> None:
    """Replace the batch by two of half its images; the next worker that one of them loses splits that again."""
    with transaction.atomic():
        if not lifecycle.leased_row(batch).update(state=Batch.State.SPLIT, worker_losses=F("worker_losses") + 1):
            return
        label = get_stage(batch.stage).label
        middle = len(batch.image_ids) // 2
        for ids in (batch.image_ids[:middle], batch.image_ids[middle:]):
            lifecycle.add_batch(batch.run, batch.stage, ids, worker_losses=MAX_LOSSES - 1)
        images = f"the same {len(batch.image_ids)} images"
        text = f"{label} lost {MAX_LOSSES} workers over {images}, which are tried in halves now."
        lifecycle.note(batch.run, text, RunEvent.Level.WARNING)


def _quarantine(batch: Batch) -> None:
    image = Image.objects.filter(pk__in=batch.image_ids).first()
    if image is None:
        lifecycle.finish(batch, StageOutcome(()))  # deleted meanwhile
    else:
        lifecycle.leave_out(batch, image, _REASON)
        _stop_if_hopeless(batch)
    advance(batch.run_id)


def _stop_if_hopeless(batch: Batch) -> None:
    """Fail the run where many images ended their worker: such images are rare, so something else is at fault."""
    entries = ImageFailure.objects.filter(run_id=batch.run_id, stage=batch.stage, reason=_REASON)
    if (count := entries.count()) >= _MOST_QUARANTINED:
        label = get_stage(batch.stage).label
        with transaction.atomic():
            lifecycle.fail_run(
                batch.run,
                f"{label} lost workers over {count} single images, so the fault is hardly theirs. "
                "Look into the worker's log, put it right, and retry the quarantined files.",
            )
