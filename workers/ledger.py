"""The error ledger of a dataset: every file that cannot be used, written by the stages and emptied by success."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F
from django.utils import timezone

from search.models import Dataset
from search.values import FailedImage
from workers.models import Batch, ImageFailure, Run

State = ImageFailure.State
SET_ASIDE = (State.QUARANTINED, State.IGNORED)
_AT_ONCE = 500


def record(batch: Batch, failures: Sequence[FailedImage], state: State = State.OPEN) -> None:
    """Enters each file, or counts one more attempt of an entry that stands there; what people ignore stays ignored."""
    run = batch.run
    now = timezone.now()
    for failure in failures:
        entry, is_new = ImageFailure.objects.get_or_create(
            dataset_id=run.dataset_id,
            name=failure.name,
            defaults={
                "run": run,
                "image_id": failure.image_id,
                "stage": batch.stage,
                "reason": failure.reason,
                "state": state,
            },
        )
        if is_new:
            continue
        # A batch that is done a second time is still the same attempt of its run.
        again = 0 if entry.run_id == run.pk else 1
        ImageFailure.objects.filter(pk=entry.pk).update(
            run=run,
            image_id=failure.image_id,
            stage=batch.stage,
            reason=failure.reason,
            state=entry.state if entry.state == State.IGNORED else state,
            attempts=F("attempts") + again,
            last_at=now,
        )


def resolve(dataset_id: int, image_ids: Sequence[int]) -> None:
    """Ends the entries of images that can be used now."""
    for start in range(0, len(image_ids), _AT_ONCE):
        chunk = image_ids[start : start + _AT_ONCE]
        ImageFailure.objects.filter(dataset_id=dataset_id, image_id__in=chunk).delete()


def set_aside(dataset: Dataset) -> set[int]:
    """Ids of images that runs leave alone until their file changes or somebody retries them."""
    return set(dataset.failures.filter(state__in=SET_ASIDE, image__isnull=False).values_list("image_id", flat=True))


def count_of(run: Run, stage: str) -> int:
    """How many files this stage of the run could not use."""
    return run.failures.filter(stage=stage).exclude(state=State.IGNORED).count()
