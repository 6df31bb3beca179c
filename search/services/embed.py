"""Embeddings: derivatives through the image tower into the database."""

from __future__ import annotations

from collections.abc import Sequence

from search.encoders import registry
from search.models import Image
from search.services.vectors import encoder_record, store_embeddings
from search.storage import derivative_path
from search.values import FailedImage, Report, StageOutcome, no_report


def embed_images(images: Sequence[Image], encoder_name: str, report: Report = no_report) -> StageOutcome:
    """Encodes the derivatives of these images; may run twice. Raises UnknownEncoder or EncoderUnavailable."""
    tower = registry.image_tower(encoder_name)
    record = encoder_record(encoder_name, registry.describe(encoder_name).dimension)
    encoded = tower.encode_files([derivative_path(image.dataset_id, image.checksum) for image in images], report)
    readable = [images[position].pk for position in encoded.positions]
    if readable:
        store_embeddings(record, readable, encoded.vectors)
    failures = [
        FailedImage(images[position].pk, images[position].name, f"its derivative {reason}")
        for position, reason in encoded.unreadable.items()
    ]
    # Pending again: the next run writes the derivative anew.
    Image.objects.filter(pk__in=[failure.image_id for failure in failures]).update(state=Image.State.PENDING)
    return StageOutcome(tuple(readable), tuple(failures))
