"""Embeddings: derivatives through the image tower into the database."""

from __future__ import annotations

from collections.abc import Sequence

from search.bucket import sync
from search.embeddings.store import encoder_record, store_embeddings
from search.encoders import registry
from search.files.paths import derivative_path
from search.models import Image
from search.values import FailedImage, Report, StageOutcome, no_report


def embed_images(images: Sequence[Image], encoder_name: str, report: Report = no_report) -> StageOutcome:
    """Encodes the derivatives of these images; may run twice.

    Raises UnknownEncoder, EncoderUnavailable or BucketUnavailable.
    """
    tower = registry.image_tower(encoder_name)
    record = encoder_record(encoder_name, registry.describe(encoder_name).dimension)
    files = [derivative_path(image.dataset_id, image.checksum) for image in images]
    sync.fetch_all(files)
    encoded = tower.encode_files(files, report)
    readable = [images[position].pk for position in encoded.positions]
    if readable:
        store_embeddings(record, readable, encoded.vectors)
    failures = [_without_derivative(images[position], reason) for position, reason in encoded.unreadable.items()]
    return StageOutcome(tuple(readable), tuple(failures))


def _without_derivative(image: Image, reason: str) -> FailedImage:
    """Takes a derivative away that cannot be read, so that the next run writes it anew."""
    path = derivative_path(image.dataset_id, image.checksum)
    if path.exists():
        sync.delete(path)
    Image.objects.filter(pk=image.pk).update(state=Image.State.PENDING)
    return FailedImage(image.pk, image.name, f"its derivative {reason}; the next run makes it anew")
