"""What each stage does with a batch: fetch the rows, call one service function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings

from search.models import Image
from search.services import build, derive, embed, ingest, project
from search.values import FailedImage, Report, StageOutcome
from workers import batches, ledger
from workers.models import Batch, Run

_NOTHING = StageOutcome(())


def ingest_stage(batch: Batch, report: Report) -> StageOutcome:
    """Finds images and plans batches chunk by chunk, so that derive and embed start while this still goes on."""
    run = batch.run
    planned = batches.planned_images(run) if batch.attempts > 1 else set()
    found = 0
    for image_ids in _images_of(batch, planned):
        found += len(image_ids)
        to_derive, to_embed = ingest.split_by_need(tuple(pk for pk in image_ids if pk not in planned), run.encoder)
        batches.plan_images(batch, to_derive, to_embed, settings.BATCH_SIZE)
        report(found, found + 1)  # the end is not known before it is reached
    report(found, found)
    return _NOTHING


def _images_of(batch: Batch, planned: set[int]) -> Iterator[tuple[int, ...]]:
    """A rebuild takes the known images, unless the folder was never looked into."""
    run = batch.run
    if run.kind == Run.Kind.REBUILD and run.dataset.images.exists():
        return _known_images(run)
    return _images_in_folder(batch, planned)


def _images_in_folder(batch: Batch, planned: set[int]) -> Iterator[tuple[int, ...]]:
    dataset = batch.run.dataset
    unreadable: list[FailedImage] = []
    files = ingest.find_files(dataset, unreadable.append)
    settled = planned | ledger.set_aside(dataset)
    for chunk in ingest.chunked(files, settings.BATCH_SIZE):
        result = ingest.ingest_chunk(dataset, chunk, settled)
        ledger.record(batch, result.failures)
        yield result.image_ids
    ledger.record(batch, unreadable)
    missing = ingest.mark_missing(dataset)
    if missing:
        batches.note(batch.run, f"{missing:,} images are gone from the dataset's folder and leave the index.")


def _known_images(run: Run) -> Iterator[tuple[int, ...]]:
    images = run.dataset.images.exclude(state=Image.State.MISSING)
    last = 0
    while ids := tuple(images.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:1000]):
        yield ids
        last = ids[-1]


def _images(batch: Batch) -> list[Image]:
    return list(Image.objects.filter(pk__in=batch.image_ids).select_related("dataset").order_by("pk"))


def derive_stage(batch: Batch, report: Report) -> StageOutcome:
    images = _images(batch)
    outcome = derive.derive_images(images, report)
    return replace(outcome, bytes_read=sum(image.byte_size for image in images))


def embed_stage(batch: Batch, report: Report) -> StageOutcome:
    return embed.embed_images(_images(batch), batch.run.encoder, report)


def build_stage(batch: Batch, report: Report) -> StageOutcome:
    version = build.build_version(batch.run.dataset, batch.run.encoder, report)
    batches.note(batch.run, f"Version {version.number} is live with {version.count:,} images.")
    return _NOTHING


def project_stage(batch: Batch, report: Report) -> StageOutcome:
    projection = project.project_dataset(batch.run.dataset, report)
    batches.note(batch.run, f"Map of {projection.count:,} images drawn in {projection.seconds:.0f} s.")
    return _NOTHING
