"""Stage `ingest`: finds the images of a run and plans the batches that resize and encode them."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import transaction

from search.images import thumbhash
from search.ingest import needs, records
from search.ingest.compare import SeenImages
from search.ingest.plan import plan_changes
from search.ingest.records import IngestedChunk
from search.ingest.revisit import revisit
from search.ingest.walk import find_files
from search.models import Image
from search.values import FailedImage, Report, StageOutcome
from workers import registry
from workers.ledger import entries as ledger_entries
from workers.models import Batch, Run
from workers.pipeline import completeness, lifecycle
from workers.registry import Stage


def find_images(batch: Batch, report: Report) -> StageOutcome:
    """Find images and plan batches chunk by chunk, so that derive and embed start while this still goes on."""
    run = batch.run
    if run.kind == Run.Kind.PLAN:
        return _look_for_changes(batch, report)
    # Only after a lost attempt, since this reads the ids of all batches: what it planned must not be planned twice.
    planned = lifecycle.planned_images(run) if batch.attempts > 1 else set()
    count = bytes_read = 0
    for chunk in _chunks(batch, planned):
        count += len(chunk.image_ids)
        bytes_read += chunk.bytes_read
        unplanned = [pk for pk in chunk.image_ids if pk not in planned]
        _plan(batch, *needs.split_by_need(unplanned, run.encoder))
        report(count, count + 1)  # the end is not known before it is reached
    if run.kind == Run.Kind.RETRY:
        _plan_unfinished(batch)
    else:
        _plan_lost(batch, planned)
        thumbhash.fill_missing(run.dataset, lambda done, total: report(count, count + 1))
    report(count, count)
    return StageOutcome((), bytes_read=bytes_read)


def _plan(batch: Batch, to_derive: list[int], to_embed: list[int]) -> None:
    # Where nothing is to be done, nothing is locked or written: most chunks of a folder are as they were.
    if to_derive or to_embed:
        lifecycle.plan_images(batch, to_derive, to_embed, settings.BATCH_SIZE)


def _plan_lost(batch: Batch, planned: set[int]) -> None:
    # Once, at the end: 256 listings of the folders of derivatives, instead of one look an image.
    run = batch.run
    lost = [pk for pk in needs.lost_derivatives(run.dataset, run.encoder) if pk not in planned]
    if lost:
        _plan(batch, lost, [])
        lifecycle.note(run, f"{len(lost):,} resized images are gone from the data folder and are made anew.")


def _plan_unfinished(batch: Batch) -> None:
    """Plan batches for images that earlier runs left unfinished: a retry publishes all images."""
    run = batch.run
    unplanned = completeness.unaccounted_images(run).exclude(pk__in=lifecycle.planned_images(run))
    ids = list(unplanned.values_list("pk", flat=True))
    if ids:
        for start in range(0, len(ids), 1000):
            _plan(batch, *needs.split_by_need(ids[start : start + 1000], run.encoder))
        lifecycle.note(run, f"{len(ids):,} images that earlier runs left unfinished are taken along.")


def _look_for_changes(batch: Batch, report: Report) -> StageOutcome:
    run = batch.run
    plan = plan_changes(run.dataset, ledger_entries.skipped_image_ids(run.dataset), report)
    with transaction.atomic():
        if not lifecycle.leased_row(batch).select_for_update().first():
            raise lifecycle.LeaseLostError
        Run.objects.filter(pk=run.pk).update(plan=plan.as_json())
    return StageOutcome(())


def _chunks(batch: Batch, planned: set[int]) -> Iterator[IngestedChunk]:
    """Return the images of the run, a chunk at a time.

    A rebuild takes the known images, unless the folder was never looked into; a retry takes what waits to be retried.
    """
    run = batch.run
    if run.kind == Run.Kind.RETRY:
        return _images_to_retry(batch, planned)
    if run.kind == Run.Kind.REBUILD and run.dataset.images.exists():
        return _known_images(run)
    return _images_in_folder(batch, planned)


def _images_in_folder(batch: Batch, planned: set[int]) -> Iterator[IngestedChunk]:
    dataset = batch.run.dataset
    unreadable: list[FailedImage] = []
    seen = SeenImages.none_of(dataset)
    files = find_files(dataset, unreadable.append)
    # Before the ids to skip are read: a changed file is work of this very run.
    ledger_entries.reopen_changed(dataset)
    for chunk in records.ingest_files(dataset, files, planned | ledger_entries.skipped_image_ids(dataset)):
        ledger_entries.record(batch, chunk.failures)
        seen.add(chunk.image_ids)
        yield chunk
    ledger_entries.record(batch, unreadable)
    missing = records.mark_missing(dataset, seen)
    if missing:
        lifecycle.note(batch.run, f"{missing:,} images are gone from the dataset's folder and leave the index.")
    # After the images are marked: entries of missing ones end here.
    ledger_entries.close_after_walk(batch.run, unreadable)


def _images_to_retry(batch: Batch, planned: set[int]) -> Iterator[IngestedChunk]:
    dataset = batch.run.dataset
    for entries in ledger_entries.entries_to_retry(dataset, settings.BATCH_SIZE):
        names = {ledger_entries.file_name(entry): entry.image_id for entry in entries}
        files, absent = revisit(dataset, names)
        chunk = records.ingest_chunk(dataset, files, planned)
        failures = [*absent, *chunk.failures]
        ledger_entries.record(batch, failures)
        yield chunk
        # Once they are planned: until then their entries are what a second attempt finds them by.
        ledger_entries.close_ingested(entries, failures)
    ledger_entries.close_usable(batch.run)


def _known_images(run: Run) -> Iterator[IngestedChunk]:
    images = run.dataset.images.exclude(state=Image.State.MISSING)
    last = 0
    while ids := tuple(images.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:1000]):
        yield IngestedChunk(ids)
        last = ids[-1]


INGEST = Stage(
    name=registry.INGEST,
    label="find images",
    work=find_images,
    kinds=frozenset({Run.Kind.INDEX, Run.Kind.REBUILD, Run.Kind.RETRY, Run.Kind.PLAN}),
    is_closing=False,
    needs_live_version=False,
)
