"""A site with a bucket: what goes there, who is led there, what comes back from there, and what happens without it."""

from __future__ import annotations

import io
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image as Pillow
from pytest_django import Settings

from search.accounts.tokens import Scope, create_token
from search.bucket import sync
from search.bucket.address import Bucket
from search.bucket.client import open_store
from search.datasets.create import dataset_create
from search.errors import BucketUnavailable
from search.files.paths import derivative_path
from search.ingest.uploads import store_files
from search.models import Dataset, Embedding, Image
from tests.environment import free_port
from tests.workers.conftest import pictures, start, work_off
from workers import tasks
from workers.models import Run
from workers.runs import maintenance
from workers.runs.repair import repair_runs

__all__ = ["pictures"]

COLOURS = ("red", "blue", "lime")


def png(colour: str) -> bytes:
    content = io.BytesIO()
    Pillow.new("RGB", (640, 480), colour).save(content, "PNG")
    return content.getvalue()


def upload(dataset: Dataset, *colours: str) -> None:
    store_files(dataset, [SimpleUploadedFile(f"{colour} één.png", png(colour)) for colour in colours])


@pytest.fixture
def uploaded(transactional_db: None, bucket: Bucket, drawn_here: None) -> Dataset:
    """Three uploaded pictures, indexed."""
    dataset = dataset_create(name="Uploads", source=None, owner=None, visibility=Dataset.Visibility.PUBLIC)
    upload(dataset, *COLOURS)
    assert work_off(start(dataset)).state == Run.State.DONE
    return Dataset.objects.get(pk=dataset.pk)


@contextmanager
def away(settings: Settings, bucket: Bucket) -> Iterator[None]:
    """Nobody answers where the bucket is said to be."""
    settings.OBJECTS = replace(bucket, endpoint=f"http://127.0.0.1:{free_port()}")
    yield
    settings.OBJECTS = bucket


def keys(bucket: Bucket) -> set[str]:
    store = open_store(bucket)
    return {stored.key for folder in ("derivatives", "originals") for stored in store.below(folder)}


def keys_of(dataset: Dataset) -> set[str]:
    """What the bucket should have of it."""
    expected_keys = set()
    for image in dataset.images.exclude(width=0):
        expected_keys.add(f"derivatives/{dataset.pk}/{image.checksum[:2]}/{image.checksum}.jpg")
    if sync.key_of(Path(dataset.source_path)):
        expected_keys |= {f"originals/{dataset.pk}/{image.name}" for image in dataset.images.all()}
    return expected_keys


def lose_all_files(settings: Settings) -> None:
    """Another machine, or a new disk."""
    for folder in (settings.DERIVATIVES_DIR, settings.ORIGINALS_DIR):
        shutil.rmtree(folder)


def files_here(settings: Settings) -> list[Path]:
    folders = (Path(settings.DERIVATIVES_DIR), Path(settings.ORIGINALS_DIR))
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def vectors(dataset: Dataset) -> dict[str, bytes]:
    rows = Embedding.objects.filter(image__dataset=dataset)
    return {row.image.name: bytes(row.vector) for row in rows.select_related("image")}


def thumbnail(dataset: Dataset) -> str:
    return reverse("thumbnail", args=[dataset.images.get(name__startswith="red").pk])


def fetched(address: str) -> tuple[bytes, str, str]:
    with urllib.request.urlopen(address) as answer:
        return answer.read(), answer.headers["Content-Type"], answer.headers["Content-Disposition"] or ""


def test_derivatives_and_uploads_are_put_there_and_photos_of_a_folder_are_not(
    uploaded: Dataset, pictures: Dataset, bucket: Bucket
) -> None:
    work_off(start(pictures))
    assert keys(bucket) == keys_of(uploaded) | keys_of(pictures)
    assert len(keys_of(uploaded)) == 6
    assert all(key.startswith("derivatives/") for key in keys_of(pictures))


def test_a_browser_is_led_to_the_bucket_for_the_same_bytes(uploaded: Dataset, client: Client, bucket: Bucket) -> None:
    image = uploaded.images.get(name__startswith="red")
    answer = client.get(thumbnail(uploaded))
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{bucket.origin}/")
    assert fetched(answer["Location"]) == (derivative_path(uploaded.pk, image.checksum).read_bytes(), "image/jpeg", "")
    kind, seconds = answer["Cache-Control"].split("=")
    assert kind == "private, max-age"
    assert 0 < int(seconds) < 3600
    assert client.get(thumbnail(uploaded))["Location"] == answer["Location"]

    original = reverse("original", args=[image.pk])
    shown, download = client.get(original)["Location"], client.get(f"{original}?download")["Location"]
    assert fetched(shown) == (png("red"), "image/png", "inline; filename*=utf-8''red%20%C3%A9%C3%A9n.png")
    assert fetched(download) == (png("red"), "image/png", "attachment; filename*=utf-8''red%20%C3%A9%C3%A9n.png")


def test_nobody_is_led_to_what_they_may_not_see(uploaded: Dataset, client: Client, alice: User, bob: User) -> None:
    Dataset.objects.filter(pk=uploaded.pk).update(visibility=Dataset.Visibility.PRIVATE, owner=alice)
    original = thumbnail(uploaded).replace("thumbnail", "original")
    for person in (None, bob):
        if person:
            client.force_login(person)
        for address in (thumbnail(uploaded), original, f"{original}?download"):
            answer = client.get(address)
            assert answer.status_code == 404
            assert "Location" not in answer
    client.force_login(alice)
    assert client.get(thumbnail(uploaded)).status_code == 302


def test_programs_with_a_token_and_scripts_of_the_map_get_the_picture_from_the_site(
    uploaded: Dataset, client: Client, alice: User, settings: Settings
) -> None:
    shutil.rmtree(settings.DERIVATIVES_DIR)
    bearer = f"Bearer {create_token(alice, 'a program', [Scope.READ])[1]}"
    assert client.get(thumbnail(uploaded), headers={"Authorization": bearer}).content.startswith(b"\xff\xd8")
    assert client.get(f"{thumbnail(uploaded)}?here").content.startswith(b"\xff\xd8")
    assert client.head(thumbnail(uploaded)).status_code == 200


def test_photos_in_a_folder_of_the_server_are_sent_by_the_site(
    pictures: Dataset, client: Client, bucket: Bucket
) -> None:
    Dataset.objects.update(bucket=bucket.address)
    work_off(start(pictures))
    assert client.get(thumbnail(pictures)).status_code == 302
    assert client.get(thumbnail(pictures).replace("thumbnail", "original")).status_code == 200


def test_a_machine_without_files_makes_the_same_vectors(uploaded: Dataset, settings: Settings) -> None:
    before = vectors(uploaded)
    lose_all_files(settings)
    Embedding.objects.all().delete()
    assert work_off(start(uploaded)).state == Run.State.DONE
    assert vectors(uploaded) == before
    assert {path.suffix for path in files_here(settings)} == {".jpg"}, "no original was needed"


def test_a_machine_without_files_makes_lost_derivatives_from_originals_of_the_bucket(
    uploaded: Dataset, bucket: Bucket, settings: Settings
) -> None:
    derivatives = [key for key in keys(bucket) if key.startswith("derivatives")]
    before = {key: b"".join(open_store(bucket).get(key)[1]) for key in derivatives}
    lose_all_files(settings)
    open_store(bucket).delete(derivatives)
    assert work_off(start(uploaded)).state == Run.State.DONE
    assert {key: b"".join(open_store(bucket).get(key)[1]) for key in derivatives} == before


def test_a_walk_reads_nothing_that_it_knows_and_misses_nothing_that_lies_elsewhere(
    uploaded: Dataset, settings: Settings
) -> None:
    lose_all_files(settings)
    run = work_off(start(uploaded))
    assert run.state == Run.State.DONE
    assert set(uploaded.images.values_list("state", flat=True)) == {Image.State.READY}
    assert files_here(settings) == []
    assert run.stages.get(stage="ingest").bytes_read == 0


def test_a_file_that_was_uploaded_elsewhere_is_found_and_one_that_is_gone_is_missed(
    uploaded: Dataset, bucket: Bucket, settings: Settings
) -> None:
    upload(uploaded, "white")
    open_store(bucket).delete([f"originals/{uploaded.pk}/blue één.png"])
    lose_all_files(settings)
    assert work_off(start(uploaded)).state == Run.State.DONE
    states = dict(uploaded.images.values_list("name", "state"))
    assert states.pop("blue één.png") == Image.State.MISSING
    assert states == dict.fromkeys(["red één.png", "lime één.png", "white één.png"], Image.State.READY)


def test_an_upload_overwrites_nothing_that_only_the_bucket_has(uploaded: Dataset, settings: Settings) -> None:
    lose_all_files(settings)
    store_files(uploaded, [SimpleUploadedFile("red één.png", png("white"))])
    work_off(start(uploaded))
    assert set(uploaded.images.values_list("name", flat=True)) == {f"{c} één.png" for c in COLOURS} | {"red één-2.png"}


def test_a_damaged_derivative_is_made_anew_in_both_places(uploaded: Dataset, bucket: Bucket) -> None:
    image = uploaded.images.get(name__startswith="red")
    path = derivative_path(uploaded.pk, image.checksum)
    good = path.read_bytes()
    path.write_bytes(b"no picture")
    sync.send([path])
    Embedding.objects.all().delete()
    work_off(start(uploaded))
    assert work_off(start(uploaded)).state == Run.State.DONE
    key = sync.key_of(path)
    assert key is not None
    assert path.read_bytes() == good == b"".join(open_store(bucket).get(key)[1])


def test_while_the_bucket_is_away_pictures_of_this_machine_are_shown(
    uploaded: Dataset, client: Client, bucket: Bucket, settings: Settings
) -> None:
    page = reverse("image", args=[uploaded.images.get(name__startswith="red").pk])
    with away(settings, bucket):
        assert client.get(thumbnail(uploaded)).content.startswith(b"\xff\xd8")
        lose_all_files(settings)
        assert client.get(thumbnail(uploaded)).status_code == 503
        assert client.get(page).status_code == 200
    assert client.get(thumbnail(uploaded)).status_code == 302


def test_while_the_bucket_is_away_a_run_waits_and_goes_on_by_itself(
    uploaded: Dataset, bucket: Bucket, settings: Settings
) -> None:
    upload(uploaded, "white", "navy")
    run = start(uploaded)
    work_off(run, limit=1)
    with away(settings, bucket):
        work_off(run, limit=5)
        repair_runs()
        run.refresh_from_db()
        assert (run.state, run.waits_for_disk_space) == (Run.State.ACTIVE, True)
        assert "bucket that holds the pictures does not answer" in run.message
    repair_runs()
    work_off(run)
    assert (run.state, run.waits_for_disk_space) == (Run.State.DONE, False)
    assert set(uploaded.images.values_list("state", flat=True)) == {Image.State.READY}
    assert not uploaded.failures.exists()
    assert keys(bucket) == keys_of(uploaded)


def test_while_the_bucket_is_away_nothing_is_uploaded_and_nothing_is_left_over(
    uploaded: Dataset, bucket: Bucket, settings: Settings
) -> None:
    before = set(files_here(settings))
    with away(settings, bucket), pytest.raises(BucketUnavailable):
        upload(uploaded, "white")
    assert set(files_here(settings)) == before


def test_deleting_a_dataset_empties_the_bucket_once_it_answers(
    uploaded: Dataset, pictures: Dataset, bucket: Bucket, settings: Settings
) -> None:
    work_off(start(pictures))
    with away(settings, bucket):
        maintenance.delete_dataset(uploaded)
        tasks.remove_dataset(uploaded.pk)
        assert Dataset.with_deleted.filter(pk=uploaded.pk).exists(), "who else would know of its objects"
    Dataset.with_deleted.update(removal_until=None)
    tasks.remove_dataset(uploaded.pk)
    assert not Dataset.with_deleted.filter(pk=uploaded.pk).exists()
    assert keys(bucket) == keys_of(pictures)
