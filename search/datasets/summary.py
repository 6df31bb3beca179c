"""The figures of a dataset: images by state, encoder, live version, map."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from search.encoders import registry
from search.encoders.base import public_name
from search.errors import UnknownEncoder
from search.maps.draw import newest_projection
from search.models import Dataset, Image, IndexVersion, Projection


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """The figures of a dataset. Counts are images; `encoder_note` says what the encoder cannot do, or nothing."""

    images: int
    ready: int
    failed: int
    missing: int
    hidden: int
    encoder_name: str
    encoder_note: str
    version: IndexVersion | None
    projection: Projection | None


def summarise(dataset: Dataset) -> DatasetSummary:
    """Summarises a dataset by one query for the counts, two for version and map."""
    counts = dict(dataset.images.order_by().values_list("state").annotate(count=Count("pk")))
    version = dataset.live_version
    name = version.encoder.name if version else ""
    return DatasetSummary(
        images=sum(counts.values()),
        ready=counts.get(Image.State.READY, 0),
        failed=counts.get(Image.State.FAILED, 0),
        missing=counts.get(Image.State.MISSING, 0),
        hidden=counts.get(Image.State.HIDDEN, 0),
        encoder_name=public_name(name),
        encoder_note=encoder_note(name),
        version=version,
        projection=newest_projection(dataset),
    )


def encoder_note(name: str) -> str:
    """Returns the sentence that pages show with results of an encoder; empty for none, or one gone from the code."""
    try:
        return registry.describe(name).note if name else ""
    except UnknownEncoder:
        return ""
