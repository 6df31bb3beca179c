"""Pausing, resuming and cancelling runs; workers obey within one batch."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from workers import ledger
from workers.batches import note
from workers.models import Batch, Run
from workers.progress import publish
from workers.queue import enqueue_on_commit


def cancel_run(run: Run) -> bool:
    """Stops a run within one batch; the live index stays. Returns whether it was active."""
    with transaction.atomic():
        cancelled = Run.objects.filter(pk=run.pk, state=Run.State.ACTIVE).update(
            state=Run.State.CANCELLED, finished_at=timezone.now(), message="Cancelled. What was done is kept."
        )
        if cancelled:
            ledger.release(run.dataset_id)
    if cancelled:
        publish(run.pk)
    return bool(cancelled)


def pause_run(run: Run) -> bool:
    """Lets batches at work end and starts no other. Returns whether the run was active and not paused."""
    with transaction.atomic():
        paused = Run.objects.filter(pk=run.pk, state=Run.State.ACTIVE, is_paused=False).update(is_paused=True)
        if paused:
            note(run, "Paused.")
    if paused:
        publish(run.pk)
    return bool(paused)


def resume_run(run: Run) -> bool:
    """Goes on with a paused run: its waiting batches are sent again. Returns whether it was paused."""
    with transaction.atomic():
        resumed = Run.objects.filter(pk=run.pk, state=Run.State.ACTIVE, is_paused=True).update(is_paused=False)
        if resumed:
            note(run, "Resumed.")
            for batch in run.batches.filter(state=Batch.State.QUEUED).order_by("pk").iterator():
                enqueue_on_commit(batch)
    if resumed:
        publish(run.pk)
    return bool(resumed)
