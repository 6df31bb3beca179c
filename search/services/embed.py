"""Embeddings: derivatives through the image tower into the database."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image as Pillow

from search.encoders import registry
from search.models import Image
from search.services.vectors import encoder_record, store_embeddings
from search.storage import derivative_path
from search.values import FailedImage, Report, StageOutcome, no_report


def embed_images(images: Sequence[Image], encoder_name: str, report: Report = no_report) -> StageOutcome:
    """Encodes the derivatives of these images; may run twice. Raises UnknownEncoder or EncoderUnavailable."""
    tower = registry.image_tower(encoder_name)
    record = encoder_record(encoder_name, registry.describe(encoder_name).dimension)
    pictures: list[Pillow.Image] = []
    readable: list[int] = []
    failures: list[FailedImage] = []
    for image in images:
        try:
            pictures.append(_derivative(image))
            readable.append(image.pk)
        except OSError as error:
            # Pending again: the next run writes the derivative anew.
            Image.objects.filter(pk=image.pk).update(state=Image.State.PENDING)
            failures.append(FailedImage(image.pk, image.name, f"its derivative cannot be read ({error})"))
    if readable:
        store_embeddings(record, readable, tower.encode(pictures))
    report(len(images), len(images))
    return StageOutcome(tuple(readable), tuple(failures))


def _derivative(image: Image) -> Pillow.Image:
    with Pillow.open(derivative_path(image.dataset_id, image.checksum), formats=("JPEG",)) as opened:
        return opened.convert("RGB")
