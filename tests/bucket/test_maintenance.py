"""A site that gets its bucket later, room that is given back, what the doctor says, and what a backup holds."""

from __future__ import annotations

import os
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from clipsite.operations.backup.make import make_backup
from clipsite.operations.doctor import Finding, diagnose
from search.bucket import maintenance
from search.bucket.address import Bucket
from search.bucket.client import open_store
from search.datasets.create import dataset_create
from search.files.paths import originals_folder
from search.models import Dataset
from tests.bucket.test_pictures import files_here, keys, keys_of, lose_all_files, thumbnail, upload, uploaded
from tests.environment import free_port
from tests.workers.conftest import start, work_off

__all__ = ["uploaded"]


@pytest.fixture
def earlier(transactional_db: None, bucket: Bucket, settings: Settings, drawn_here: None) -> Dataset:
    """A dataset of uploads that was indexed before there was a bucket."""
    settings.OBJECTS = None
    dataset = dataset_create(name="Earlier", source=None, owner=None, visibility=Dataset.Visibility.PUBLIC)
    upload(dataset, "red", "blue")
    work_off(start(dataset))
    settings.OBJECTS = bucket
    return Dataset.objects.get(pk=dataset.pk)


def doctor() -> Finding:
    (finding,) = [finding for finding in diagnose() if finding.subject == "pictures"]
    return finding


def old(settings: Settings) -> None:
    """Nobody has read these files for a day."""
    for age, path in enumerate(sorted(files_here(settings))):
        at = time.time() - 86_400 - age
        os.utime(path, (at, at))


def test_a_dataset_from_before_is_led_to_the_bucket_once_it_is_copied(
    earlier: Dataset, bucket: Bucket, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.get(thumbnail(earlier)).status_code == 200
    call_command("objects")
    assert "Earlier: 4 files copied" in capsys.readouterr().out
    assert keys(bucket) == keys_of(earlier)
    assert client.get(thumbnail(earlier)).status_code == 302
    call_command("objects", "earlier")
    assert "Earlier: 0 files copied" in capsys.readouterr().out


def test_a_dataset_from_before_can_be_indexed_before_it_is_copied(earlier: Dataset, bucket: Bucket) -> None:
    upload(earlier, "lime")
    work_off(start(earlier))
    assert set(earlier.images.values_list("state", flat=True)) == {"ready"}
    call_command("objects")
    work_off(start(earlier))
    assert set(earlier.images.values_list("state", flat=True)) == {"ready"}
    assert keys(bucket) == keys_of(earlier)


def test_a_dataset_whose_originals_are_nowhere_is_not_taken_for_copied(earlier: Dataset) -> None:
    (originals_folder(earlier.pk) / "red één.png").unlink()
    with pytest.raises(CommandError, match="Originals are missing"):
        call_command("objects")
    assert not Dataset.objects.exclude(bucket="").exists()


def test_another_bucket_has_not_what_the_first_had(uploaded: Dataset, bucket: Bucket, settings: Settings) -> None:
    settings.OBJECTS = replace(bucket, prefix=f"{bucket.prefix}other/")
    maintenance.forget_other_buckets()
    assert [dataset.name for dataset in maintenance.unsynced_datasets()] == ["Uploads"]
    call_command("objects")
    assert keys(settings.OBJECTS) == keys_of(uploaded)


def test_files_that_the_bucket_has_are_removed_until_few_enough_are_left(
    uploaded: Dataset, settings: Settings, client: Client
) -> None:
    old(settings)
    total = sum(path.stat().st_size for path in files_here(settings))
    newest = min(files_here(settings))
    trimmed = maintenance.trim(newest.stat().st_size)
    assert files_here(settings) == [newest]
    assert (trimmed.files, trimmed.left) == (5, newest.stat().st_size)
    assert trimmed.bytes == total - trimmed.left
    assert client.get(f"{thumbnail(uploaded)}?here").status_code == 200


def test_no_file_is_removed_that_is_in_use_or_that_only_this_machine_has(
    uploaded: Dataset, bucket: Bucket, settings: Settings
) -> None:
    assert maintenance.trim(0).files == 0
    old(settings)
    path = sorted(files_here(settings))[0]
    open_store(bucket).delete([f"{path.relative_to(path.parents[3] if path.suffix == '.jpg' else path.parents[2])}"])
    assert maintenance.trim(0).files == 5
    assert files_here(settings) == [path]


def test_files_of_a_dataset_that_another_machine_deleted_are_removed_here(
    uploaded: Dataset, earlier: Dataset, settings: Settings
) -> None:
    Dataset.objects.filter(pk=uploaded.pk).delete()
    ahead = originals_folder(earlier.pk + 1) / "of another database.png"
    ahead.parent.mkdir()
    ahead.write_bytes(b"x")
    maintenance.trim(10**9)
    assert {path.name for path in Path(settings.ORIGINALS_DIR).iterdir()} == {str(earlier.pk), str(earlier.pk + 1)}
    assert {path.name for path in Path(settings.DERIVATIVES_DIR).iterdir()} == {str(earlier.pk)}


def test_without_a_bucket_the_command_says_what_to_set(transactional_db: None) -> None:
    with pytest.raises(CommandError, match="Set CLIPSITE_OBJECTS"):
        call_command("objects")


def test_the_doctor_says_what_is_wrong_and_what_to_do(earlier: Dataset, bucket: Bucket, settings: Settings) -> None:
    assert doctor().sentence == f"Earlier: not everything is in {bucket.address} yet. Run: manage.py objects"
    call_command("objects")
    assert doctor().ok
    assert keys(bucket) == keys_of(earlier), "the doctor leaves nothing behind"
    settings.HTTPS = True
    assert "on pages of https" in doctor().sentence
    settings.OBJECTS = replace(bucket, secret="not the secret of this key")
    assert not doctor().ok
    settings.OBJECTS = replace(bucket, endpoint=f"http://127.0.0.1:{free_port()}")
    assert not doctor().ok
    assert "CLIPSITE_OBJECTS and its _ENDPOINT" in doctor().sentence
    settings.OBJECTS = None
    assert doctor() == Finding("pictures", True, "Derivatives and uploads lie in the data folder.")


def test_a_backup_holds_the_pictures_that_the_bucket_has_not(
    uploaded: Dataset, earlier: Dataset, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR, settings.SAMPLES_DIR = tmp_path, tmp_path / "samples"
    made = make_backup(tmp_path / "all.tar")
    with tarfile.open(made.path) as tar:
        names = {name.removeprefix("files/") for name in tar.getnames() if name.startswith("files/")}
    pictures = {name for name in names if name.startswith(("originals/", "derivatives/"))}
    assert pictures == keys_of(earlier)
    assert made.bucket == settings.OBJECTS.address


def test_a_lost_disk_comes_back_from_the_bucket(uploaded: Dataset, settings: Settings, client: Client) -> None:
    before = client.get(f"{thumbnail(uploaded)}?here").content
    lose_all_files(settings)
    assert client.get(f"{thumbnail(uploaded)}?here").content == before
