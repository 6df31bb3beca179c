"""Index versions: built from the embeddings in the database, verified, published, made live by one commit."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.db.models import Max

from search.embeddings.store import DatasetContent
from search.errors import NotSearchable
from search.files.paths import index_folder
from search.index import store
from search.models import Dataset, Embedding, EncoderRecord, Image, IndexVersion
from search.retrieval.relevance import calibrate
from search.values import Report, no_report
from search.versions.lifecycle import make_live, make_ready, prune_versions, sweep_leftovers


def build_version(
    dataset: Dataset, encoder_name: str, report: Report = no_report, *, afresh: bool = False, stage_only: bool = False
) -> IndexVersion:
    """Builds and publishes a new live version; with `stage_only` it is only ready, and the one before stays live.

    Unless `afresh`, a large version is made from the one before where little has changed since.
    Raises NotSearchable when no image has an embedding, IndexDamaged when verification fails.
    """
    record = EncoderRecord.objects.filter(name=encoder_name).first()
    content = DatasetContent(dataset, record, report) if record else None
    if record is None or content is None or not len(content.image_ids):
        raise NotSearchable(
            f"Dataset {dataset.name!r} has no readable image, so there is nothing to search. "
            "Put images into its folder and index again; what could not be read stands in the run's list."
        )
    sweep_leftovers(dataset)
    version = _new_version(dataset, record)
    version.fingerprint = content.fingerprint()
    previous = None if afresh else _newest_folder(dataset, record)
    try:
        version.notes = store.publish(index_folder(version.path), content, previous)
    except BaseException:
        IndexVersion.objects.filter(pk=version.pk).update(state=IndexVersion.State.FAILED)
        raise
    version.count = version.notes["count"]
    calibrate(version, content.image_ids)
    if stage_only:
        make_ready(version)
    else:
        make_live(dataset, version)
    prune_versions(dataset)
    return version


def current_version(dataset: Dataset, encoder_name: str) -> IndexVersion | None:
    """Returns the live version, if a new one under this encoder would be the same and its files are intact."""
    live = dataset.live_version
    if live is None or live.encoder.name != encoder_name:
        return None
    if live.fingerprint != DatasetContent(dataset, live.encoder).fingerprint():
        return None
    return live if store.is_intact(index_folder(live.path)) else None


def embedded_count(dataset: Dataset, record: EncoderRecord) -> int:
    """Counts the ready images that have an embedding under this encoder."""
    ready = Embedding.objects.filter(encoder=record, image__dataset=dataset, image__state=Image.State.READY)
    return ready.count()


def _newest_folder(dataset: Dataset, record: EncoderRecord) -> Path | None:
    ready = dataset.versions.filter(encoder=record, state=IndexVersion.State.READY)
    newest = ready.order_by("-number").first()
    return index_folder(newest.path) if newest else None


def _new_version(dataset: Dataset, record: EncoderRecord) -> IndexVersion:
    with transaction.atomic():
        Dataset.objects.select_for_update().get(pk=dataset.pk)
        # One run at a time works on a dataset, so a version still "being built" lost its worker.
        dataset.versions.filter(state=IndexVersion.State.BUILDING).update(state=IndexVersion.State.FAILED)
        newest = dataset.versions.aggregate(newest=Max("number"))["newest"] or 0
        return IndexVersion.objects.create(dataset=dataset, encoder=record, number=newest + 1)
