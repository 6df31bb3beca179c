"""The life of a batch: added, claimed, finished or failed, always by conditional update; and what follows from it."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from search.models import Image
from search.values import FailedImage, StageOutcome
from workers.ledger import entries
from workers.models import Batch, ImageFailure, Run, RunEvent, StageProgress
from workers.pipeline.queue import enqueue_on_commit
from workers.progress.eta import add_sample
from workers.registry import DERIVE, EMBED, IMAGE_STAGES, INGEST, get_stage

logger = logging.getLogger(__name__)

OPEN = (Batch.State.QUEUED, Batch.State.RUNNING)
MAX_ATTEMPTS = 3


class LeaseLostError(Exception):
    """The lease of a batch is lost: its run is over, or another worker has it."""


def note(run: Run, text: str, level: RunEvent.Level = RunEvent.Level.INFO) -> None:
    """Write a line into the run's log."""
    RunEvent.objects.create(run=run, text=text, level=level)


def add_batch(run: Run, stage: str, image_ids: Sequence[int] = (), worker_losses: int = 0) -> Batch:
    """Create a batch and send it after the commit; call inside a transaction."""
    batch = Batch.objects.create(run=run, stage=stage, image_ids=list(image_ids), worker_losses=worker_losses)
    enqueue_on_commit(batch)
    return batch


def plan_images(batch: Batch, to_derive: Sequence[int], to_embed: Sequence[int], size: int) -> None:
    """Add batches for images that the ingest batch says need work; the totals of both stages grow with them.

    Raises LeaseLostError when the ingest batch is another worker's by now.
    """
    run = batch.run
    with transaction.atomic():
        if not leased_row(batch).select_for_update().first():
            raise LeaseLostError
        plan(run, to_derive, to_embed, size)


def plan(run: Run, to_derive: Sequence[int], to_embed: Sequence[int], size: int) -> None:
    """Add batches of up to `size` images for both stages; call inside a transaction."""
    for stage, ids in ((DERIVE, to_derive), (EMBED, to_embed)):
        for start in range(0, len(ids), size):
            add_batch(run, stage, ids[start : start + size])
    _grow_total(run, DERIVE, len(to_derive))
    _grow_total(run, EMBED, len(to_derive) + len(to_embed))


def images_of(batch: Batch) -> list[Image]:
    """Return the images of a batch with their datasets, in the order of their ids."""
    return list(Image.objects.filter(pk__in=batch.image_ids).select_related("dataset").order_by("pk"))


def planned_images(run: Run) -> set[int]:
    """Return the ids of images that are in a batch of this run already."""
    batches = run.batches.filter(stage__in=IMAGE_STAGES)
    return {pk for ids in batches.values_list("image_ids", flat=True).iterator() for pk in ids}


def claim(batch_id: int, worker: str) -> Batch | None:
    """Claim a batch for this worker; return None when another has it, it is closed, or its run is over or paused."""
    if not Batch.objects.filter(pk=batch_id, run__state=Run.State.ACTIVE, run__is_paused=False).exists():
        return None
    # One conditional update: of two workers with the same message, only one changes a row.
    # No join in it: PostgreSQL rechecks only the row's own columns once another worker's claim commits.
    claimed = Batch.objects.filter(pk=batch_id, state=Batch.State.QUEUED).update(
        state=Batch.State.RUNNING, attempts=F("attempts") + 1, worker=worker, heartbeat_at=timezone.now()
    )
    if not claimed:
        return None
    batch = Batch.objects.select_related("run__dataset").get(pk=batch_id)
    batch.run.stages.filter(stage=batch.stage, started_at=None).update(started_at=timezone.now())
    return batch


def leased_row(batch: Batch) -> QuerySet[Batch]:
    """Return the batch's row while this attempt has the lease; empty once another worker has it or it is closed."""
    return Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING, attempts=batch.attempts)


def finish(batch: Batch, outcome: StageOutcome) -> None:
    """Close the batch, count it once, write the ledger, and add what follows, all in one commit.

    Whoever closed a batch calls `workers.pipeline.advance` after it.
    """
    with transaction.atomic():
        if not leased_row(batch).update(state=Batch.State.DONE):
            return
        entries.record(batch, outcome.failures)
        _settle(batch, outcome)


def leave_out(batch: Batch, image: Image, reason: str) -> None:
    """Close a batch over one image that no worker can process: quarantine it, and put the others into another batch.

    Whoever closed a batch calls `workers.pipeline.advance` after it.
    """
    failure = FailedImage(image.pk, image.name, reason)
    with transaction.atomic():
        if not leased_row(batch).update(state=Batch.State.DONE):
            return
        entries.record(batch, [failure], ImageFailure.State.QUARANTINED)
        Image.objects.filter(pk=image.pk).update(state=Image.State.FAILED)
        note(batch.run, f"{image.name} {reason}; it is left out.", RunEvent.Level.WARNING)
        if others := [pk for pk in batch.image_ids if pk != image.pk]:
            add_batch(batch.run, batch.stage, others, batch.worker_losses)
        _settle(batch, StageOutcome((), (failure,)))


def _settle(batch: Batch, outcome: StageOutcome) -> None:
    """Count a batch that was closed, and add what follows from it."""
    if batch.stage in IMAGE_STAGES:
        _count(batch, outcome)
    else:
        # Counted from the ledger: an earlier attempt may have written part of it.
        failed = entries.count_of(batch.run, batch.stage)
        batch.run.stages.filter(stage=batch.stage).update(
            failed=failed, finished_at=timezone.now(), bytes_read=F("bytes_read") + outcome.bytes_read
        )
    if batch.stage == DERIVE:
        _grow_total(batch.run, EMBED, -len(outcome.failures))
        if outcome.done_ids:
            add_batch(batch.run, EMBED, outcome.done_ids)
    if batch.stage == EMBED:
        entries.resolve(batch.run.dataset_id, outcome.done_ids)
    _close_finished_stages(batch.run)


def fail(batch: Batch, message: str) -> None:
    """Close the batch and its run, whose message says why; all results stay. Only the holder of the lease may."""
    with transaction.atomic():
        if not leased_row(batch).update(state=Batch.State.FAILED):
            return
        fail_run(batch.run, message)


def fail_run(run: Run, message: str) -> None:
    """End an active run as failed, with the message; call inside a transaction."""
    ended = Run.objects.filter(pk=run.pk, state=Run.State.ACTIVE).update(
        state=Run.State.FAILED, finished_at=timezone.now(), message=message
    )
    if ended:
        entries.reopen_retrying(run.dataset_id)
    note(run, message, RunEvent.Level.ERROR)


def try_again(batch: Batch, why: str) -> None:
    """Queue a batch again whose attempt came to nothing; after MAX_ATTEMPTS fail its run."""
    if batch.attempts - batch.worker_losses >= MAX_ATTEMPTS:
        fail(batch, f"{get_stage(batch.stage).label} was tried {batch.attempts} times in vain: {why}.")
        return
    requeue(batch, why, batch.worker_losses)


def requeue(batch: Batch, why: str, worker_losses: int) -> None:
    """Queue a batch again, with the reason in the run's log; `worker_losses` counts the workers lost by now."""
    with transaction.atomic():
        if leased_row(batch).update(state=Batch.State.QUEUED, queued_at=timezone.now(), worker_losses=worker_losses):
            note(batch.run, f"{get_stage(batch.stage).label} is tried again: {why}.", RunEvent.Level.WARNING)
            enqueue_on_commit(batch)


def _close_finished_stages(run: Run) -> None:
    """Set the end of derive and embed when nothing can come any more, each once the stage before it has ended."""
    for before, stage in ((INGEST, DERIVE), (DERIVE, EMBED)):
        if run.stages.filter(stage=before, finished_at__isnull=False).exists():
            complete = run.stages.filter(stage=stage, finished_at=None, total__lte=F("done") + F("failed"))
            complete.update(finished_at=timezone.now())


def _grow_total(run: Run, stage: str, by: int) -> None:
    if by:
        run.stages.filter(stage=stage).update(total=F("total") + by)


def _count(batch: Batch, outcome: StageOutcome) -> None:
    # Locked: two batches may close at the same moment, and no F() extends the list of samples.
    progress = StageProgress.objects.select_for_update().get(run=batch.run, stage=batch.stage)
    progress.done += len(outcome.done_ids)
    progress.failed += len(outcome.failures)
    progress.bytes_read += outcome.bytes_read
    progress.samples = add_sample(progress.samples, time.time(), progress.done + progress.failed)
    progress.save(update_fields=["done", "failed", "bytes_read", "samples"])
