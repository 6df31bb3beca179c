"""Datasets that went through all stages with the fake encoder: once a process, after that as copies for each test."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.utils import timezone

from search.embeddings.encode_images import embed_images
from search.images.derivatives import derive_images
from search.ingest.records import ingest_chunk
from search.maps.draw import project_dataset
from search.models import Dataset, EncoderRecord, Image
from search.versions.build import build_version
from tests.conftest import FAKE_ENCODER, MakeDataset, MakeImages, files_of
from tests.environment import own_folder
from tests.fake_encoder import DIMENSION

IDS_APART = 100_000
"""The ids of each dataset begin at another multiple, so that they never meet those that a test itself gives."""

FOLDERS = ("DERIVATIVES_DIR", "INDEXES_DIR", "PROJECTIONS_DIR")


def index(dataset: Dataset) -> Dataset:
    """All stages, one after the other."""
    ids = ingest_chunk(dataset, files_of(dataset)).image_ids
    derive_images(list(Image.objects.filter(pk__in=ids).select_related("dataset")))
    embed_images(list(dataset.images.all()), FAKE_ENCODER)
    build_version(dataset, FAKE_ENCODER)
    project_dataset(dataset)
    return dataset


@dataclass(frozen=True)
class _Copy:
    """Rows by model and a folder of files, all under the ids that they were made with."""

    dataset_id: int
    made_at: datetime
    rows: dict[type[models.Model], list[dict[str, Any]]]
    files: Path


_copies: dict[tuple[str, ...], _Copy] = {}


class IndexedDatasets:
    """Gives a test datasets over plain pictures that are searchable and have a map.

    A name with the same pictures as before has the same rows and files as then, which takes a tenth of the time of
    the stages; only the folder of its pictures, its owner and all times are the test's own.
    """

    def __init__(self, make_images: MakeImages, make_dataset: MakeDataset) -> None:
        self._make_images, self._make_dataset = make_images, make_dataset

    def make(self, name: str, folder: str, owner: User | None = None, private: bool = False, **colours: str) -> Dataset:
        pictures = self._make_images(folder, **colours)
        key = (name, str(private), *colours, *colours.values())
        if key in _copies and _has_place():
            return _restore(_copies[key], pictures, owner)
        can_be_copied = _has_place()
        if can_be_copied:
            first = IDS_APART * (len(_copies) + 2)
            EncoderRecord.objects.get_or_create(name=FAKE_ENCODER, defaults={"pk": IDS_APART, "dimension": DIMENSION})
            _begin_ids_at(first)
        begun_at = timezone.now()
        dataset = index(self._make_dataset(pictures, name=name, owner=owner, private=private))
        if can_be_copied:
            _copies[key] = _copy(dataset, first, begun_at)
        return dataset


def _has_place() -> bool:
    """Whether the ids of a copy fit: SQLite, and no other record of the encoder that its embeddings name."""
    is_other = EncoderRecord.objects.filter(name=FAKE_ENCODER).exclude(pk=IDS_APART).exists()
    return connection.vendor == "sqlite" and not is_other


def _tables() -> list[type[models.Model]]:
    return [
        model for model in apps.get_app_config("search").get_models() if isinstance(model._meta.pk, models.AutoField)
    ]


def _begin_ids_at(first: int) -> None:
    names = [model._meta.db_table for model in _tables()]
    with connection.cursor() as cursor:
        cursor.executemany("DELETE FROM sqlite_sequence WHERE name = %s", [(name,) for name in names])
        cursor.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [(name, first) for name in names])


def _copy(dataset: Dataset, first: int, made_at: datetime) -> _Copy:
    files = own_folder()
    for name in FOLDERS:
        shutil.copytree(Path(getattr(settings, name), str(dataset.pk)), files / name)
    ids = range(first, first + IDS_APART)
    rows = {
        model: list(model._default_manager.filter(pk__gte=ids.start, pk__lt=ids.stop).values()) for model in _tables()
    }
    return _Copy(dataset.pk, made_at, {model: found for model, found in rows.items() if found}, files)


def _restore(copy: _Copy, pictures: Path, owner: User | None) -> Dataset:
    for name in FOLDERS:
        shutil.copytree(copy.files / name, Path(getattr(settings, name), str(copy.dataset_id)))
    # In one commit: a dataset and its versions name each other.
    with transaction.atomic():
        EncoderRecord.objects.get_or_create(name=FAKE_ENCODER, defaults={"pk": IDS_APART, "dimension": DIMENSION})
        for model, rows in copy.rows.items():
            model._default_manager.bulk_create(model(**_as_of_now(row, copy.made_at)) for row in rows)
        dataset = Dataset.objects.get(pk=copy.dataset_id)
        dataset.source_path, dataset.owner = str(pictures), owner
        dataset.save()
    for image in dataset.images.all():
        os.utime(pictures / image.name, ns=(image.modified_ns, image.modified_ns))
    return dataset


def _as_of_now(row: dict[str, Any], made_at: datetime) -> dict[str, Any]:
    """The row, with the times at which it was made and published moved to this moment."""
    now = timezone.now()
    return {name: now if isinstance(value, datetime) and value >= made_at else value for name, value in row.items()}
