"""The reason why nothing happens in an active run, in one sentence with the way out."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from search.errors import ServiceUnavailable
from workers.models import Batch, Run
from workers.runs.start import require_broker, require_disk_space

_LONG_SILENCE = timedelta(minutes=1)
"""Many heartbeats: by then another worker should have the batch."""


def why_idle(run: Run) -> str | None:
    """Return the likeliest reason; None while a worker has a batch of the run and gives signs of life."""
    if run.waits_for_disk_space:
        return f"Run {run.pk} waits for room. {run.message}"
    if run.is_paused:
        return f"Run {run.pk} is paused. Resume it on its page."
    try:
        require_broker()
        require_disk_space()
    except ServiceUnavailable as error:
        return str(error)
    running = run.batches.filter(state=Batch.State.RUNNING)
    sign_of_life = running.aggregate(newest=Max("heartbeat_at"))["newest"]
    if sign_of_life is None:
        return _why_unclaimed(run)
    silence = timezone.now() - sign_of_life
    if silence < _LONG_SILENCE:
        return None
    return (
        f"The worker that has a batch of run {run.pk} gave no sign of life for {silence.total_seconds():.0f} s. "
        "If no other takes it over within a minute, the workers or the scheduler do not run: see their logs."
    )


def _why_unclaimed(run: Run) -> str:
    waiting = run.batches.filter(state=Batch.State.QUEUED).count()
    batches = "1 batch waits" if waiting == 1 else f"{waiting:,} batches wait"
    others = Batch.objects.filter(state=Batch.State.RUNNING, run__state=Run.State.ACTIVE).exclude(run=run)
    busy_with = others.order_by("run_id").values_list("run_id", flat=True).first()
    if busy_with is not None:
        return f"The workers are busy with run {busy_with}: {batches}. A higher priority lets run {run.pk} go first."
    return (
        f"No worker takes the batches of run {run.pk}: {batches}. Is clipsite running? Start it with: {settings.START}"
    )
