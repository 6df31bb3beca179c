"""Pausing, resuming, cancelling and hurrying runs; workers obey within one batch."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from workers.ledger import entries
from workers.models import Run
from workers.pipeline.lifecycle import note
from workers.pipeline.queue import enqueue_waiting
from workers.progress.publish import publish


def cancel_run(run: Run) -> bool:
    """Stop a run within one batch; the live index stays. Return whether it was active."""
    with transaction.atomic():
        cancelled = Run.objects.filter(pk=run.pk, state=Run.State.ACTIVE).update(
            state=Run.State.CANCELLED, finished_at=timezone.now(), message="Cancelled. What was done is kept."
        )
        if cancelled:
            entries.reopen_retrying(run.dataset_id)
    if cancelled:
        publish(run.pk)
    return bool(cancelled)


def pause_run(run: Run) -> bool:
    """Let batches at work end and start no other. Return whether the run was active and not paused."""
    with transaction.atomic():
        paused = Run.objects.filter(pk=run.pk, state=Run.State.ACTIVE, is_paused=False).update(is_paused=True)
        if paused:
            note(run, "Paused.")
    if paused:
        publish(run.pk)
    return bool(paused)


def resume_run(run: Run, why: str = "Resumed.") -> bool:
    """Go on with a paused run: send its waiting batches again. Return whether it was paused."""
    with transaction.atomic():
        paused = Run.objects.filter(pk=run.pk, state=Run.State.ACTIVE, is_paused=True)
        resumed = paused.update(is_paused=False, waits_for_disk_space=False, message="")
        if resumed:
            note(run, why)
            # The pause says nothing about how fast the work goes: rates and times left begin anew.
            run.stages.filter(finished_at=None).update(samples=[])
            transaction.on_commit(lambda: enqueue_waiting(run.pk))
    if resumed:
        publish(run.pk)
    return bool(resumed)


def set_priority(run: Run, priority: Run.Priority) -> bool:
    """Change the priority of a run among others. Return whether it was active and had another priority."""
    with transaction.atomic():
        active = Run.objects.filter(pk=run.pk, state=Run.State.ACTIVE)
        raised = active.filter(priority__gt=priority).update(priority=priority)
        lowered = 0 if raised else active.filter(priority__lt=priority).update(priority=priority)
        if raised or lowered:
            note(run, f"Its priority is {priority.label} from now on.")
        if raised:
            # A lowered batch is sent on when its turn comes; a raised one must not wait for that.
            transaction.on_commit(lambda: enqueue_waiting(run.pk))
    if raised or lowered:
        publish(run.pk)
    return bool(raised or lowered)
