"""The error ledger of a dataset: every file that cannot be used, written by the stages and emptied by success.

    open -> (retrying ->) ended: the file is encoded, or gone      retrying -> open, whatever way the run ends
    open | quarantined -> ignored -> open: somebody says so, or the file changed

Runs leave quarantined and ignored files alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from search.ingest.revisit import KnownFile, changed_files
from search.models import Dataset, Image
from search.values import FailedImage
from workers.models import Batch, ImageFailure, Run
from workers.registry import INGEST

State = ImageFailure.State
SKIPPED_STATES = (State.QUARANTINED, State.IGNORED)
_AT_ONCE = 500


def record(batch: Batch, failures: Sequence[FailedImage], state: State = State.OPEN) -> None:
    """Enter each file, or count one more attempt of its entry; what people ignore stays ignored."""
    for start in range(0, len(failures), _AT_ONCE):
        chunk = {failure.name: failure for failure in failures[start : start + _AT_ONCE]}
        with transaction.atomic():
            _follow_renames(
                batch.run.dataset.failures.filter(image__in=[failure.image_id for failure in chunk.values()])
            )
            # Locked, so that nobody ends an entry between this look and the count of one more attempt.
            same = batch.run.dataset.failures.select_for_update().filter(name__in=chunk)
            known = {entry.name: entry for entry in same}
            _enter(batch, [failure for name, failure in chunk.items() if name not in known], state)
            _count_again(batch, {entry.pk: chunk[name] for name, entry in known.items()}, state)


def _enter(batch: Batch, failures: Sequence[FailedImage], state: State) -> None:
    ImageFailure.objects.bulk_create(
        [
            ImageFailure(
                dataset_id=batch.run.dataset_id,
                run=batch.run,
                image_id=failure.image_id,
                name=failure.name,
                stage=batch.stage,
                reason=failure.reason,
                state=state,
            )
            for failure in failures
        ],
        ignore_conflicts=True,
    )


def _count_again(batch: Batch, failures: dict[int, FailedImage], state: State) -> None:
    if not failures:
        return
    ImageFailure.objects.bulk_update(
        [ImageFailure(pk=pk, image_id=failure.image_id, reason=failure.reason) for pk, failure in failures.items()],
        ["image", "reason"],
    )
    entries = ImageFailure.objects.filter(pk__in=failures)
    entries.update(
        # A batch that is done a second time is still the same attempt of its run.
        attempts=F("attempts") + Case(When(run=batch.run, then=0), default=1),
        state=Case(When(state=State.IGNORED, then=F("state")), default=Value(state)),
        run=batch.run,
        stage=batch.stage,
        last_at=timezone.now(),
    )
    fail_ignored_images(entries)


def fail_ignored_images(entries: QuerySet[ImageFailure]) -> None:
    """Mark pending images of ignored entries as failed, so that the next run does not try them."""
    ignored = entries.filter(state=State.IGNORED, image__isnull=False).exclude(stage=INGEST)
    waiting = Image.objects.filter(pk__in=ignored.values("image"), state=Image.State.PENDING)
    waiting.update(state=Image.State.FAILED)


def resolve(dataset_id: int, image_ids: Sequence[int]) -> None:
    """End the entries of images that can be used now."""
    for start in range(0, len(image_ids), _AT_ONCE):
        chunk = image_ids[start : start + _AT_ONCE]
        ImageFailure.objects.filter(dataset_id=dataset_id, image_id__in=chunk).delete()


def faulty_images(dataset: Dataset) -> QuerySet[Any, Any]:
    """Return the images of a dataset that have an entry which nobody ignores, as rows of `image_id`."""
    return dataset.failures.filter(image__isnull=False).exclude(state=State.IGNORED).values("image_id")


def skipped_image_ids(dataset: Dataset) -> set[int]:
    """Return the ids of images that runs leave alone until their file changes or somebody retries them."""
    return set(_skipped(dataset).values_list("image_id", flat=True))


def _skipped(dataset: Dataset) -> QuerySet[ImageFailure]:
    """Return the entries whose images runs skip."""
    return dataset.failures.filter(state__in=SKIPPED_STATES, image__isnull=False).exclude(stage=INGEST)


def reopen_changed(dataset: Dataset) -> None:
    """Open the skipped entries of images whose file has changed."""
    columns = ("image_id", "image__name", "image__byte_size", "image__modified_ns")
    known = [KnownFile(*row) for row in _skipped(dataset).values_list(*columns)]
    changed = changed_files(dataset, known)
    for start in range(0, len(changed), _AT_ONCE):
        chunk = changed[start : start + _AT_ONCE]
        dataset.images.filter(pk__in=chunk, state=Image.State.FAILED).update(state=Image.State.PENDING)
        _skipped(dataset).filter(image_id__in=chunk).update(state=State.OPEN)


def close_after_walk(run: Run, unreadable: Sequence[FailedImage]) -> None:
    """End the entries that a walk over the whole folder has disproved: of files that are gone or that ingest read.

    What lies below an unreadable folder was not looked at, so nothing is known of it.
    """
    entries = run.dataset.failures
    entries.filter(image__state=Image.State.MISSING).delete()
    hidden = tuple(f"{failure.name}/" for failure in unreadable)
    unconfirmed = entries.filter(stage=INGEST).exclude(run=run).values_list("pk", "name")
    ended = [pk for pk, name in unconfirmed.iterator() if not name.startswith(hidden)]
    for start in range(0, len(ended), _AT_ONCE):
        entries.filter(pk__in=ended[start : start + _AT_ONCE]).exclude(run=run).delete()
    _follow_renames(run.dataset.failures.all())
    close_usable(run)


def close_usable(run: Run) -> None:
    """End the entries of images that are ready and encoded, whatever became of the run that should have done so."""
    usable = run.dataset.failures.filter(image__state=Image.State.READY, image__embeddings__encoder__name=run.encoder)
    usable.exclude(stage=INGEST).delete()


def _follow_renames(entries: QuerySet[ImageFailure]) -> None:
    """Give each of these entries the present name of its image's file."""
    stale = entries.filter(image__isnull=False).exclude(name=F("image__name"))
    renamed = list(stale.values_list("pk", "dataset", "image__name"))
    # All let go of their old names first: one of them may be the new name of another.
    ImageFailure.objects.filter(pk__in=[pk for pk, _, _ in renamed]).update(
        name=Concat(Value("//"), Cast("pk", CharField()))
    )
    for pk, dataset_id, name in renamed:
        # Who has the name now speaks of a file that stood there before.
        ImageFailure.objects.filter(dataset=dataset_id, name=name).delete()
        ImageFailure.objects.filter(pk=pk).update(name=name)


def entries_to_retry(dataset: Dataset, size: int) -> Iterator[list[ImageFailure]]:
    """Yield the entries that wait for a retry, in chunks."""
    entries = dataset.failures.filter(state=State.RETRYING).select_related("image").order_by("pk")
    last = 0
    while chunk := list(entries.filter(pk__gt=last)[:size]):
        yield chunk
        last = chunk[-1].pk


def file_name(entry: ImageFailure) -> str:
    """Return the file's present name, which follows the image when the file was renamed."""
    return entry.image.name if entry.image else entry.name


def close_ingested(entries: Sequence[ImageFailure], failures: Sequence[FailedImage]) -> None:
    """End the entries that ingest had made and whose files it has read now."""
    failed = {failure.name for failure in failures}
    read = [entry.pk for entry in entries if entry.stage == INGEST and file_name(entry) not in failed]
    ImageFailure.objects.filter(pk__in=read, stage=INGEST, state=State.RETRYING).delete()


def reopen_retrying(dataset_id: int) -> None:
    """Open the entries that wait for a retry; call in the commit that ends their run."""
    ImageFailure.objects.filter(dataset_id=dataset_id, state=State.RETRYING).update(state=State.OPEN)


def reopen_stale_retries() -> None:
    """Open the entries that wait for a retry although no such run is active."""
    at_work = Run.objects.filter(state=Run.State.ACTIVE, kind=Run.Kind.RETRY).values("dataset")
    ImageFailure.objects.filter(state=State.RETRYING).exclude(dataset__in=at_work).update(state=State.OPEN)


def failures_of(run: Run) -> QuerySet[ImageFailure]:
    """Return the entries whose latest run is this one; what people ignore is no failure of a run."""
    return run.failures.exclude(state=State.IGNORED)


def count_of(run: Run, stage: str) -> int:
    """Return how many files this stage of the run could not use."""
    return failures_of(run).filter(stage=stage).count()
