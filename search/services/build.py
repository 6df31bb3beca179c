"""Index versions: built from the embeddings in the database, verified, published, made live by one commit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Max, QuerySet

from search.errors import NotSearchable
from search.index import store
from search.models import Dataset, Embedding, EncoderRecord, Image, IndexVersion
from search.services.vectors import stream_embeddings
from search.services.versions import make_live, prune_versions
from search.storage import index_folder
from search.values import Float16Array, Int64Array, Report, no_report

_FINGERPRINT_ROWS = 5000


def build_version(dataset: Dataset, encoder_name: str, report: Report = no_report) -> IndexVersion:
    """Builds and publishes a new live version; the one before serves until the commit.

    Raises NotSearchable when no image has an embedding, IndexDamaged when verification fails.
    """
    record = EncoderRecord.objects.filter(name=encoder_name).first()
    total = embedded_count(dataset, record) if record else 0
    if record is None or total == 0:
        raise NotSearchable(
            f"Dataset {dataset.name!r} has no readable image, so there is nothing to search. "
            "Put images into its folder and index again; what could not be read stands in the run's list."
        )
    version = _new_version(dataset, record)
    # Taken before the embeddings are read: what changes in between makes the version stale, never falsely current.
    version.fingerprint = fingerprint(dataset, record)
    try:
        chunks = _reported(stream_embeddings(dataset, record), total, report)
        manifest = store.publish(index_folder(version.path), record.name, record.dimension, chunks)
    except BaseException:
        IndexVersion.objects.filter(pk=version.pk).update(state=IndexVersion.State.FAILED)
        raise
    version.count = manifest.count
    make_live(dataset, version)
    prune_versions(dataset)
    return version


def current_version(dataset: Dataset, encoder_name: str) -> IndexVersion | None:
    """The live version, if a new one under this encoder would hold the same and its files are as they were written."""
    live = dataset.live_version
    if live is None or live.encoder.name != encoder_name or live.fingerprint != fingerprint(dataset, live.encoder):
        return None
    return live if store.is_intact(index_folder(live.path)) else None


def fingerprint(dataset: Dataset, record: EncoderRecord) -> str:
    """SHA-256 over the ids and checksums, in id order, of the images that a version built now would hold."""
    digest = hashlib.sha256()
    ready = _embedded(dataset, record).values_list("image_id", "image__checksum")
    last = 0
    while page := list(ready.filter(image_id__gt=last).order_by("image_id")[:_FINGERPRINT_ROWS]):
        digest.update("".join(f"{image_id}:{checksum}\n" for image_id, checksum in page).encode())
        last = page[-1][0]
    return digest.hexdigest()


def embedded_count(dataset: Dataset, record: EncoderRecord) -> int:
    """How many ready images have an embedding under this encoder."""
    return _embedded(dataset, record).count()


def _embedded(dataset: Dataset, record: EncoderRecord) -> QuerySet[Embedding]:
    return Embedding.objects.filter(encoder=record, image__dataset=dataset, image__state=Image.State.READY)


def _new_version(dataset: Dataset, record: EncoderRecord) -> IndexVersion:
    with transaction.atomic():
        Dataset.objects.select_for_update().get(pk=dataset.pk)
        # One run at a time works on a dataset, so a version still "being built" lost its worker.
        dataset.versions.filter(state=IndexVersion.State.BUILDING).update(state=IndexVersion.State.FAILED)
        newest = dataset.versions.aggregate(newest=Max("number"))["newest"] or 0
        return IndexVersion.objects.create(dataset=dataset, encoder=record, number=newest + 1)


def _reported(
    chunks: Iterator[tuple[Int64Array, Float16Array]], total: int, report: Report
) -> Iterator[tuple[Int64Array, Float16Array]]:
    done = 0
    for ids, vectors in chunks:
        yield ids, vectors
        done += len(ids)
        report(done, total)
