"""What each stage does with a batch: fetch the rows, call one service function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.db import transaction

from search.duplicates import groups, lookup, pairs
from search.embeddings import encode_images
from search.errors import EncoderUnavailable
from search.images import decoder_limits, derivatives, thumbhash
from search.ingest import needs, records
from search.ingest.compare import SeenImages
from search.ingest.plan import plan_changes
from search.ingest.records import IngestedChunk
from search.ingest.revisit import revisit
from search.ingest.walk import find_files
from search.maps import draw
from search.maps.report import drawing_report
from search.maps.request import MapRequest
from search.models import Image
from search.tags import assign
from search.values import FailedImage, Report, StageOutcome
from search.versions import build
from workers.ledger import entries as ledger_entries
from workers.models import Batch, Run, RunEvent
from workers.pipeline import completeness, lifecycle
from workers.pipeline.watchdog import Watchdog

_NOTHING = StageOutcome(())


def ingest_stage(batch: Batch, report: Report) -> StageOutcome:
    """Finds images and plans batches chunk by chunk, so that derive and embed start while this still goes on."""
    run = batch.run
    if run.kind == Run.Kind.PLAN:
        return _look_for_changes(batch, report)
    planned = lifecycle.planned_images(run) if batch.attempts > 1 else set()
    found = bytes_read = 0
    for chunk in _images_of(batch, planned):
        found += len(chunk.image_ids)
        bytes_read += chunk.bytes_read
        unplanned = [pk for pk in chunk.image_ids if pk not in planned]
        _plan(batch, *needs.split_by_need(unplanned, run.encoder))
        report(found, found + 1)  # the end is not known before it is reached
    if run.kind == Run.Kind.RETRY:
        _plan_unfinished(batch)
    else:
        _plan_lost(batch, planned)
        thumbhash.fill_missing(run.dataset, lambda done, total: report(found, found + 1))
    report(found, found)
    return StageOutcome((), bytes_read=bytes_read)


def _plan(batch: Batch, to_derive: list[int], to_embed: list[int]) -> None:
    """Where nothing is to be done, nothing is locked or written."""
    if to_derive or to_embed:
        lifecycle.plan_images(batch, to_derive, to_embed, settings.BATCH_SIZE)


def _plan_lost(batch: Batch, planned: set[int]) -> None:
    run = batch.run
    lost = [pk for pk in needs.lost_derivatives(run.dataset, run.encoder) if pk not in planned]
    if lost:
        _plan(batch, lost, [])
        lifecycle.note(run, f"{len(lost):,} resized images are gone from the data folder and are made anew.")


def _plan_unfinished(batch: Batch) -> None:
    """A retry publishes all images, so it takes along those that a run before it was stopped from finishing."""
    run = batch.run
    ids = list(completeness.unaccounted(run).exclude(pk__in=lifecycle.planned_images(run)).values_list("pk", flat=True))
    if ids:
        for start in range(0, len(ids), 1000):
            _plan(batch, *needs.split_by_need(ids[start : start + 1000], run.encoder))
        lifecycle.note(run, f"{len(ids):,} images that earlier runs left unfinished are taken along.")


def _look_for_changes(batch: Batch, report: Report) -> StageOutcome:
    run = batch.run
    plan = plan_changes(run.dataset, ledger_entries.set_aside(run.dataset), report)
    with transaction.atomic():
        if not lifecycle.held(batch).select_for_update().first():
            raise lifecycle.BatchLostError
        Run.objects.filter(pk=run.pk).update(plan=plan.as_json())
    return _NOTHING


def _images_of(batch: Batch, planned: set[int]) -> Iterator[IngestedChunk]:
    """A rebuild takes the known images, unless the folder was never looked into; a retry what stands to be retried."""
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
    ledger_entries.reopen_changed(dataset)
    for chunk in records.ingest_files(dataset, files, planned | ledger_entries.set_aside(dataset)):
        ledger_entries.record(batch, chunk.failures)
        seen.add(chunk.image_ids)
        yield chunk
    ledger_entries.record(batch, unreadable)
    missing = records.mark_missing(dataset, seen)
    if missing:
        lifecycle.note(batch.run, f"{missing:,} images are gone from the dataset's folder and leave the index.")
    ledger_entries.close_after_walk(batch.run, unreadable)


def _images_to_retry(batch: Batch, planned: set[int]) -> Iterator[IngestedChunk]:
    dataset = batch.run.dataset
    for entries in ledger_entries.to_retry(dataset, settings.BATCH_SIZE):
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


def _images(batch: Batch) -> list[Image]:
    return list(Image.objects.filter(pk__in=batch.image_ids).select_related("dataset").order_by("pk"))


def derive_stage(batch: Batch, report: Report) -> StageOutcome:
    images = _images(batch)
    with Watchdog(batch) as watchdog:
        outcome = derivatives.derive_images(images, report, watchdog.watch, decoder_limits.limit_memory)
    return replace(outcome, bytes_read=sum(image.byte_size for image in images))


def embed_stage(batch: Batch, report: Report) -> StageOutcome:
    return encode_images.embed_images(_images(batch), batch.run.encoder, report)


def build_stage(batch: Batch, report: Report) -> StageOutcome:
    """Keeps the live version where a new one would be the same; who asks for a rebuild gets one."""
    run = batch.run
    current = None if run.kind == Run.Kind.REBUILD else build.current_version(run.dataset, run.encoder)
    if current:
        lifecycle.note(run, f"Nothing changed: version {current.number} stays live.")
        return _NOTHING
    afresh = run.kind == Run.Kind.REBUILD
    version = build.build_version(run.dataset, run.encoder, report, afresh=afresh, stage_only=run.holds)
    state = "ready and waits to be made live," if run.holds else "live"
    lifecycle.note(run, f"Version {version.number} is {state} with {version.count:,} images.")
    return _NOTHING


def tag_stage(batch: Batch, report: Report) -> StageOutcome:
    """Gives the images of the live version their tags; who asks for tags gets all assigned anew."""
    run = batch.run
    try:
        assigned = assign.assign_tags(run.dataset, report, afresh=run.kind == Run.Kind.TAG)
    except EncoderUnavailable as error:
        if run.kind == Run.Kind.TAG:
            raise
        # The index is live without them.
        lifecycle.note(run, f"No tags are assigned: {error}", RunEvent.Level.WARNING)
        return _NOTHING
    if assigned is not None:
        lifecycle.note(run, assigned.sentence)
    return _NOTHING


def compare_stage(batch: Batch, report: Report) -> StageOutcome:
    """Looks for copies of new pictures, and groups what was found anew."""
    run = batch.run
    compared = pairs.find_duplicates(run.dataset, report)
    if compared is None and run.kind != Run.Kind.COMPARE:
        return _NOTHING
    groups.regroup(run.dataset, report)
    found = [lookup.counts(run.dataset, kind)[0] for kind in lookup.Kind]
    lifecycle.note(
        run,
        f"New pictures compared: {compared or 0:,}. Groups of equal files: {found[0]:,}, of near copies: {found[1]:,}.",
    )
    return _NOTHING


def project_stage(batch: Batch, report: Report) -> StageOutcome:
    """Draws the live version, unless it is drawn already and nobody asked for another map, or this run drew it."""
    run = batch.run
    live = run.dataset.live_version
    asked = MapRequest.from_json(run.parameters)
    is_asked = run.kind == Run.Kind.PROJECT and not asked.extends
    if live and (draw.has_map_since(live, run.created_at) if is_asked else draw.has_map(live)):
        return _NOTHING
    projection = draw.project_dataset(run.dataset, report, parameters=asked.parameters, redraw=is_asked)
    lifecycle.note(run, drawing_report(projection))
    return _NOTHING
