"""Datasets of many images that were never files: records, embeddings and an index, made in a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import connection

from search.embeddings.store import encoder_record, store_embeddings
from search.models import Collection, CollectionImage, Dataset, Image, ImageTag, Tag
from search.values import Float32Array
from search.versions.build import build_version
from tests.conftest import FAKE_ENCODER
from tests.fake_encoder import DIMENSION

FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
SIDES = (300, 600, 900, 1200)
FOLDERS = ("summer", "Winter", "50%_off")


def unit_vectors(count: int, seed: int) -> Float32Array:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def fill(dataset: Dataset, count: int, seed: int, encoder: str = FAKE_ENCODER) -> None:
    """Adds ready images of all shapes and times with random embeddings, and builds the live version."""
    random = np.random.default_rng(seed)
    days = random.integers(0, 1000, size=(count, 2))
    sides = random.choice(SIDES, size=(count, 2))
    Image.objects.bulk_create(
        Image(
            dataset=dataset,
            name=f"{FOLDERS[number % 3]}/{seed}-{number:05}.jpg",
            checksum=f"{seed:032x}{number:032x}",
            byte_size=1,
            modified_ns=1,
            width=int(sides[number][0]),
            height=int(sides[number][1]),
            format="JPEG",
            state=Image.State.READY,
            taken_at=None if number % 5 == 0 else FIRST_DAY + timedelta(days=int(days[number][0]), hours=number % 24),
        )
        for number in range(count)
    )
    image_ids = list(dataset.images.filter(name__contains=f"/{seed}-").order_by("pk").values_list("pk", flat=True))
    _added(dict(zip(image_ids, days[:, 1].tolist(), strict=True)))
    embed(image_ids, seed, encoder)
    build_version(dataset, encoder)


def _added(days: dict[int, int]) -> None:
    """Sets days on which images were added; bulk_update takes as long as all else together."""
    moment = connection.ops.adapt_datetimefield_value
    rows = [(moment(FIRST_DAY + timedelta(days=day)), image_id) for image_id, day in days.items()]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE search_image SET added_at = %s WHERE id = %s", rows)


def embed(image_ids: list[int], seed: int, encoder: str) -> None:
    """Gives images random embeddings under an encoder."""
    store_embeddings(encoder_record(encoder, DIMENSION), image_ids, unit_vectors(len(image_ids), seed))


def tag(dataset: Dataset, name: str, image_ids: list[int]) -> None:
    made = Tag.objects.create(dataset=dataset, name=name)
    ImageTag.objects.bulk_create(ImageTag(tag=made, image_id=image_id) for image_id in image_ids)


def assigned(dataset: Dataset, name: str, image_ids: list[int], confidence: float = 0.83) -> None:
    """As if the encoder had given the tag."""
    made = Tag.objects.create(dataset=dataset, name=name, usage=len(image_ids))
    ImageTag.objects.bulk_create(ImageTag(tag=made, image_id=pk, confidence=confidence) for pk in image_ids)


def put_into(collection: Collection, image_ids: list[int]) -> None:
    CollectionImage.objects.bulk_create(
        CollectionImage(collection=collection, image_id=image_id) for image_id in image_ids
    )
