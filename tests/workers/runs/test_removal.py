"""A deleted dataset is gone at once; its rows and files go in the background, whatever dies meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from search.datasets import create, delete
from search.datasets.create import dataset_create
from search.files.paths import derivative_path, originals_folder
from search.models import Dataset, Image
from search.permissions.visibility import visible_datasets
from tests.workers.conftest import start, work_off
from workers import tasks
from workers.models import Batch, Run
from workers.runs import maintenance, schedules
from workers.runs.schedules import Rescan


def test_it_is_gone_at_once_and_its_name_is_free_again(pictures: Dataset) -> None:
    run = start(pictures)
    schedules.set_rescan(pictures, Rescan.NIGHTLY)
    maintenance.delete_dataset(pictures)
    assert not visible_datasets(AnonymousUser()).exists()
    assert Image.objects.filter(dataset=pictures).count() == 0
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert schedules.rescan_of(pictures) == Rescan.NEVER
    again = dataset_create(name="Pictures", source=None, owner=None, visibility=Dataset.Visibility.PUBLIC)
    assert again.slug == "pictures"


def test_the_task_removes_records_and_files_and_leaves_the_folder_of_the_server(pictures: Dataset) -> None:
    work_off(start(pictures))
    image = pictures.images.get(name="red.png")
    derivative, original = derivative_path(pictures.pk, image.checksum), Path(pictures.source_path) / "red.png"
    assert derivative.exists()
    maintenance.delete_dataset(pictures)
    tasks.remove_dataset(pictures.pk)
    assert not Dataset.with_deleted.filter(pk=pictures.pk).exists()
    assert not Image.objects.filter(dataset_id=pictures.pk).exists()
    assert not derivative.exists()
    assert original.exists()


def test_uploaded_originals_go_too(transactional_db: None) -> None:
    dataset = dataset_create(name="Mine", source=None, owner=None, visibility=Dataset.Visibility.PRIVATE)
    folder = originals_folder(dataset.pk)
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"a")
    maintenance.delete_dataset(dataset)
    tasks.remove_dataset(dataset.pk)
    assert not folder.exists()


def test_a_removal_that_died_half_way_goes_on_once_its_claim_ran_out(
    pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_off(start(pictures))
    maintenance.delete_dataset(pictures)
    monkeypatch.setattr(create, "_DELETE_SLICE", 1)
    _die_after(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        tasks.remove_dataset(pictures.pk)
    left = Image.objects.filter(dataset_id=pictures.pk).count()
    assert 0 < left < 5
    monkeypatch.undo()
    tasks.remove_dataset(pictures.pk)
    assert Image.objects.filter(dataset_id=pictures.pk).count() == left, "another job may be at it"
    Dataset.with_deleted.filter(pk=pictures.pk).update(removal_until=timezone.now())
    tasks.remove_dataset(pictures.pk)
    assert not Dataset.with_deleted.filter(pk=pictures.pk).exists()


def _die_after(slices: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = slices

    def dataset_delete(dataset: Dataset, each_slice: Callable[[], None]) -> None:
        def die() -> None:
            nonlocal left
            each_slice()
            left -= 1
            if not left:
                raise KeyboardInterrupt

        create.dataset_delete(dataset, each_slice=die)

    monkeypatch.setattr(delete, "dataset_delete", dataset_delete)


def test_it_waits_for_a_batch_that_a_worker_still_has(pictures: Dataset) -> None:
    run = start(pictures)
    alive = {"state": Batch.State.RUNNING, "heartbeat_at": timezone.now()}
    Batch.objects.filter(run=run).update(**alive)
    maintenance.delete_dataset(pictures)
    tasks.remove_dataset(pictures.pk)
    assert Dataset.with_deleted.filter(pk=pictures.pk).exists()
    Batch.objects.filter(run=run).update(state=Batch.State.FAILED)
    tasks.remove_dataset(pictures.pk)
    assert not Dataset.with_deleted.filter(pk=pictures.pk).exists()


def test_a_removal_whose_message_was_lost_is_asked_for_again(
    pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    maintenance.delete_dataset(pictures)
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(maintenance, "_send", lambda task, pk, expires=None: asked.append((task, pk)))
    maintenance.resend_removals()
    assert asked == [], "the first message has its time"
    Dataset.with_deleted.update(deleted_at=timezone.now() - timedelta(minutes=1))
    maintenance.resend_removals()
    assert asked == [("remove_dataset", pictures.pk)]


def test_a_dataset_that_nobody_deleted_is_not_removed(pictures: Dataset) -> None:
    tasks.remove_dataset(pictures.pk)
    assert Dataset.objects.filter(pk=pictures.pk).exists()
