"""The next step of a run that has no open batch: plan lost images again, enter the next stage, or end."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from search.ingest import needs
from search.ingest.plan import describe
from search.models import IndexVersion
from workers.ledger import entries
from workers.models import Run, RunEvent
from workers.pipeline import completeness
from workers.pipeline.lifecycle import OPEN, add_batch, fail_run, note, plan
from workers.registry import IMAGE_STAGES, closing_stages, own_run_of

logger = logging.getLogger(__name__)

_PLANNED_AT_ONCE = 1000


def advance(run_id: int) -> bool:
    """Add the batch of the next stage or end the run, where no batch is open; return whether it did.

    Runs after the commit that closed a batch and under the run's row lock, so that of two last batches closing at the
    same moment the later one sees both closed, and only one of them goes on.
    """
    has_advanced: bool | None = None
    while has_advanced is None:
        # Before the lock is taken: over 1,000,000 images the query takes two seconds, in which others may write.
        has_advanced = _advance(run_id, _is_incomplete(run_id))
    return has_advanced


def _advance(run_id: int, is_incomplete: bool | None) -> bool | None:
    """Return whether the run advanced; None when its last batch closed after `is_incomplete` was read."""
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id, state=Run.State.ACTIVE).first()
        if run is None or run.batches.filter(state__in=OPEN).exists():
            return False
        if is_incomplete is None and completeness.is_due(run):
            return None
        if is_incomplete and (count := completeness.unaccounted_images(run).count()):
            _replan(run, count)
            return True
        begun = set(run.batches.values_list("stage", flat=True))
        run.stages.filter(finished_at=None, stage__in=begun).update(finished_at=timezone.now())
        closing = [stage.name for stage in closing_stages()]
        waiting = run.stages.filter(stage__in=closing).exclude(stage__in=begun).order_by("position")
        next_stage = waiting.values_list("stage", flat=True).first()
        if next_stage:
            add_batch(run, next_stage)
        else:
            _end(run)
    return True


def _is_incomplete(run_id: int) -> bool | None:
    """Return whether images lack an embedding; None when it is too early or too late to ask."""
    run = Run.objects.filter(pk=run_id, state=Run.State.ACTIVE).first()
    if run is None or run.batches.filter(state__in=OPEN).exists() or not completeness.is_due(run):
        return None
    return completeness.unaccounted_images(run).exists()


def _replan(run: Run, count: int) -> None:
    """Plan batches for lost images, once; a second time fail the run, which would never end."""
    images = "1 image has" if count == 1 else f"{count:,} images have"
    problem = f"{images} no embedding though no batch is waiting for them."
    logger.error("run %s: %s", run.pk, problem)
    if run.replanned:
        fail_run(run, f"{problem} Planning them again did not help; index again, and see the worker's log.")
        return
    run.replanned = True
    run.save(update_fields=["replanned"])
    note(run, f"{problem} They are planned again.", RunEvent.Level.ERROR)
    run.stages.filter(stage__in=IMAGE_STAGES).update(finished_at=None)
    lost = completeness.unaccounted_images(run).values_list("pk", flat=True)
    last = 0
    while ids := tuple(lost.filter(pk__gt=last)[:_PLANNED_AT_ONCE]):
        plan(run, *needs.split_by_need(ids, run.encoder), settings.BATCH_SIZE)
        last = ids[-1]


def _end(run: Run) -> None:
    run.state = Run.State.DONE
    run.finished_at = timezone.now()
    run.message = _summary(run)
    run.save(update_fields=["state", "finished_at", "message"])
    run.stages.filter(finished_at=None).update(finished_at=run.finished_at)
    entries.reopen_retrying(run.dataset_id)
    note(run, run.message)


def _summary(run: Run) -> str:
    version = run.dataset.live_version
    if run.kind == Run.Kind.PLAN:
        return describe(run.plan) if run.plan else ""
    if own := own_run_of(run.kind):
        return own.summary
    if version is None:
        return ""
    staged = run.dataset.versions.filter(encoder__name=run.encoder, state=IndexVersion.State.READY).first()
    failed = entries.failures_of(run).count()
    problems = f" {failed:,} could not be used; the list says why." if failed else ""
    if run.stage_only and staged and staged != version:
        images = "1 image" if staged.count == 1 else f"{staged.count:,} images"
        return (
            f"Version {staged.number} with {images} waits for a look, version {version.number} stays live. "
            f"Compare them and make it live on the page of the versions.{problems}"
        )
    if version.published_at and version.published_at < run.created_at:
        images = "1 image stays" if version.count == 1 else f"{version.count:,} images stay"
        return f"Nothing changed: {images} searchable in version {version.number}.{problems}"
    images = "1 image is" if version.count == 1 else f"{version.count:,} images are"
    return f"{images} searchable in version {version.number}.{problems}"
