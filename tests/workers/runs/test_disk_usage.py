"""How much room datasets take is measured in the background, after each run and once a day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from search.datasets import disk_usage
from search.models import Dataset, DatasetUsage, Embedding
from tests.workers.conftest import start, work_off
from workers import tasks
from workers.runs import maintenance
from workers.runs.maintenance import MEASURE_INTERVAL


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_it_counts_what_lies_on_the_disk_and_in_the_database(pictures: Dataset, drawn_here: None) -> None:
    work_off(start(pictures))
    measured = disk_usage.measure(Dataset.objects.get(pk=pictures.pk))
    sizes = [path.stat().st_size for path in Path(pictures.source_path).iterdir()]
    assert measured.originals == sum(sizes)
    assert measured.derivatives == bytes_below(settings.DERIVATIVES_DIR) > 0
    assert measured.indexes == bytes_below(settings.INDEXES_DIR) > 0
    assert measured.maps == bytes_below(settings.PROJECTIONS_DIR)
    assert measured.embeddings == sum(len(one.vector) for one in Embedding.objects.all()) == 4 * 32 * 2
    assert measured.images == 5  # the one that cannot be read takes room as well


def test_an_image_that_is_gone_takes_no_room(pictures: Dataset) -> None:
    work_off(start(pictures))
    before = disk_usage.measure(pictures).originals
    gone = pictures.images.get(name="red.png")
    type(gone).objects.filter(pk=gone.pk).update(state=gone.State.MISSING)
    assert disk_usage.measure(pictures).originals == before - gone.byte_size


def test_it_measures_what_was_never_measured_changed_or_is_old_and_nothing_else(
    pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []

    def measure(dataset: Dataset) -> None:
        measured.append(dataset.name)
        DatasetUsage.objects.update_or_create(dataset=dataset, defaults={"measured_at": timezone.now()})

    monkeypatch.setattr(disk_usage, "measure", measure)
    tasks.measure_datasets()
    tasks.measure_datasets()
    assert measured == ["Pictures"]
    work_off(start(pictures))
    tasks.measure_datasets()
    tasks.measure_datasets()
    assert measured == ["Pictures"] * 2
    DatasetUsage.objects.update(measured_at=timezone.now() - MEASURE_INTERVAL - timedelta(minutes=1))
    maintenance.measure_due()
    assert measured == ["Pictures"] * 3


def test_comparing_index_and_database_is_written_down(pictures: Dataset) -> None:
    work_off(start(pictures))
    tasks.reconcile_dataset(pictures.pk)
    usage = DatasetUsage.objects.get(dataset=pictures)
    assert usage.index_check == "Pictures: the index and the database agree."
    assert usage.compared_at is not None
