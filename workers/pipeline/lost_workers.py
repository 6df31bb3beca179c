"""What follows when a worker is gone while it holds a batch: another try, smaller batches, a file in quarantine."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from search.models import Image
from search.values import StageOutcome
from workers.models import Batch, ImageFailure, Run, RunEvent, Stage
from workers.pipeline import disk_space, lifecycle
from workers.pipeline.advance import advance
from workers.processes import identity
from workers.progress.publish import publish_soon

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""How long a batch whose holder cannot be seen from here may go without a heartbeat."""

MAX_DEATHS = 2
_OF_IMAGES = (Stage.DERIVE, Stage.EMBED)
_MOST_QUARANTINED = 20
_LOST = "its worker was lost"
_REASON = "ended the worker that read it, twice; it may need too much memory or crash the decoder"


def is_suspected(batch_id: int) -> bool:
    """Whether a worker was lost over this batch; it is done alone then, so that a second loss tells of it only."""
    return Batch.objects.filter(pk=batch_id, deaths__gt=0).exists()


def look_after_all() -> None:
    """Every batch of an active run whose worker is gone, or has been silent for too long."""
    held = Batch.objects.filter(state=Batch.State.RUNNING, run__state=Run.State.ACTIVE).select_related("run")
    for batch in held:
        _look_after(batch)


def look_after(batch_id: int) -> None:
    """The same for one batch."""
    held = Batch.objects.filter(pk=batch_id, state=Batch.State.RUNNING, run__state=Run.State.ACTIVE)
    batch = held.select_related("run").first()
    if batch is not None:
        _look_after(batch)


def _look_after(batch: Batch) -> None:
    is_silent = batch.heartbeat_at is None or batch.heartbeat_at < timezone.now() - LEASE
    if identity.is_gone(batch.worker):
        _bury(batch)
    elif is_silent and identity.is_of_this_machine(batch.worker):
        # It lives but was stopped, as with a computer that slept: nothing that its images could be blamed for.
        # Or the disk that its heartbeat is written to was full.
        if not disk_space.waits_where_short(batch):
            lifecycle.try_again(batch, "its worker was silent")
    elif is_silent:
        _bury(batch)
    else:
        return
    publish_soon(batch.run_id)


def _bury(batch: Batch) -> None:
    deaths = batch.deaths + 1
    logger.warning("%s lost its worker %s", batch, batch.worker)
    if batch.stage not in _OF_IMAGES:
        lifecycle.try_again(batch, _LOST)
    elif deaths < MAX_DEATHS:
        lifecycle.requeue(batch, _LOST, deaths=deaths)
    elif len(batch.image_ids) > 1:
        _split(batch)
    else:
        _quarantine(batch)


def _split(batch: Batch) -> None:
    """Puts two batches of half its images in its place; the next worker that one of them loses splits that again."""
    with transaction.atomic():
        if not lifecycle.held(batch).update(state=Batch.State.SPLIT, deaths=F("deaths") + 1):
            return
        stage = Stage(batch.stage)
        middle = len(batch.image_ids) // 2
        for ids in (batch.image_ids[:middle], batch.image_ids[middle:]):
            lifecycle.add_batch(batch.run, stage, ids, deaths=MAX_DEATHS - 1)
        images = f"the same {len(batch.image_ids)} images"
        text = f"{stage.label} lost {MAX_DEATHS} workers over {images}, which are tried in halves now."
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
    """Images that end their worker are rare; where there are many, something else is at fault."""
    entries = ImageFailure.objects.filter(run_id=batch.run_id, stage=batch.stage, reason=_REASON)
    if (count := entries.count()) >= _MOST_QUARANTINED:
        stage = Stage(batch.stage).label
        with transaction.atomic():
            lifecycle.fail_run(
                batch.run,
                f"{stage} lost workers over {count} single images, so the fault is hardly theirs. "
                "Look into the worker's log, put it right, and retry the quarantined files.",
            )
