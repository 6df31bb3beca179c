"""Finding images and keeping records up to date."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from search.embeddings.encode_images import embed_images
from search.errors import InvalidSource
from search.files.paths import derivative_path
from search.images.derivatives import derive_images
from search.ingest.compare import SeenImages
from search.ingest.needs import lost_derivatives, split_by_need
from search.ingest.records import ingest_chunk, ingest_files, mark_missing
from search.ingest.walk import LARGEST_CHUNK, SourceFile, find_files, growing_chunks
from search.models import Dataset, Image
from search.values import FailedImage
from tests.conftest import FAKE_ENCODER, MakeDataset, MakeImages, OpenedFiles, files_of


def ingest_all(dataset: Dataset) -> tuple[int, ...]:
    return ingest_chunk(dataset, files_of(dataset)).image_ids


def walk_again(dataset: Dataset) -> int:
    """A whole walk; returns how many images it found gone."""
    seen = SeenImages.none_of(dataset)
    for chunk in ingest_files(dataset, iter(files_of(dataset))):
        seen.add(chunk.image_ids)
    return mark_missing(dataset, seen)


def test_it_finds_images_in_subfolders_and_leaves_out_hidden_files_links_pipes_and_others(
    make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    folder = make_images(red="red", sub__blue="blue")
    os.mkfifo(folder / "pipe.png")
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_bytes(b"")
    (folder / "link.png").symlink_to(folder / "red.png")
    assert [file.name for file in files_of(make_dataset(folder))] == ["red.png", "sub/blue.png"]


def test_it_tells_of_a_subfolder_that_cannot_be_listed_and_goes_on(
    make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    folder = make_images(red="red", sub__blue="blue", then__green="green")
    failures: list[FailedImage] = []
    files = find_files(make_dataset(folder), failures.append)
    assert next(files).name == "red.png"
    shutil.rmtree(folder / "sub")
    assert [file.name for file in files] == ["then/green.png"]
    assert [(failure.name, failure.reason[:31]) for failure in failures] == [("sub", "is a folder that cannot be read")]


def test_it_names_a_folder_that_is_not_there(tmp_path: Path, make_dataset: MakeDataset) -> None:
    with pytest.raises(InvalidSource, match="folder of dataset 'Pictures' is not there"):
        files_of(make_dataset(tmp_path / "nowhere"))


def test_it_takes_an_empty_folder_of_known_images_for_a_disk_that_is_not_mounted(
    make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    folder = make_images(red="red")
    dataset = make_dataset(folder)
    ingest_all(dataset)
    (folder / "red.png").unlink()
    with pytest.raises(InvalidSource, match="Is its disk mounted"):
        files_of(dataset)
    assert not dataset.images.filter(state=Image.State.MISSING).exists()


def test_it_keeps_records_as_they_are_when_nothing_changed(make_images: MakeImages, make_dataset: MakeDataset) -> None:
    dataset = make_dataset(make_images(red="red", blue="blue"))
    first = ingest_all(dataset)
    dataset.images.update(state=Image.State.READY)
    assert ingest_all(dataset) == first
    assert set(dataset.images.values_list("state", flat=True)) == {Image.State.READY}


def test_it_starts_a_changed_file_over(make_images: MakeImages, make_dataset: MakeDataset) -> None:
    dataset = make_dataset(make_images(red="red"))
    (image_id,) = ingest_all(dataset)
    before = dataset.images.get().checksum
    dataset.images.update(state=Image.State.READY)
    make_images(red="green")
    assert ingest_all(dataset) == (image_id,)
    image = dataset.images.get()
    assert image.state == Image.State.PENDING
    assert image.checksum != before
    assert (image.width, image.height, image.format) == (0, 0, "")


def test_it_marks_a_vanished_file_missing_and_takes_it_back(make_images: MakeImages, make_dataset: MakeDataset) -> None:
    folder = make_images(red="red", blue="blue")
    dataset = make_dataset(folder)
    ids = ingest_all(dataset)
    shutil.move(folder / "red.png", folder.parent / "red.png")
    assert walk_again(dataset) == 1
    assert dataset.images.get(state=Image.State.MISSING).name == "red.png"
    shutil.move(folder.parent / "red.png", folder / "red.png")
    assert ingest_all(dataset) == ids
    assert not dataset.images.filter(state=Image.State.MISSING).exists()


def test_it_reports_names_that_cannot_be_stored_and_keeps_the_rest(
    make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    folder = make_images(red="red")
    shutil.copy(folder / "red.png", os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png"))
    deep = folder.joinpath(*["d" * 200] * 6)
    deep.mkdir(parents=True)
    shutil.copy(folder / "red.png", deep / "deep.png")
    dataset = make_dataset(folder)
    result = ingest_chunk(dataset, files_of(dataset))
    assert [image.name for image in dataset.images.all()] == ["red.png"]
    reasons = {failure.name: failure.reason for failure in result.failures}
    assert "not UTF-8" in reasons["caf\\udce9.png"]
    assert any("1024 at most" in reason for reason in reasons.values())


@pytest.mark.parametrize("noticed_missing", [False, True])
def test_it_follows_a_renamed_file_and_keeps_its_record(
    make_images: MakeImages, make_dataset: MakeDataset, noticed_missing: bool
) -> None:
    folder = make_images(red="red", blue="blue")
    dataset = make_dataset(folder)
    blue, red = ingest_all(dataset)
    derive_images(list(dataset.images.select_related("dataset")))
    (folder / "moved").mkdir()
    shutil.move(folder / "red.png", folder / "moved" / "crimson.png")
    if noticed_missing:
        mark_missing(dataset, SeenImages.none_of(dataset))
    shutil.copy(folder / "blue.png", folder / "copy.png")
    ids = ingest_all(dataset)
    renamed = dataset.images.get(name="moved/crimson.png")
    assert (renamed.pk, renamed.state) == (red, Image.State.READY)
    assert dataset.images.get(name="copy.png").pk not in {blue, red}
    assert len(ids) == dataset.images.count() == 3
    assert walk_again(dataset) == 0


def test_it_splits_images_by_what_they_still_need(make_images: MakeImages, make_dataset: MakeDataset) -> None:
    dataset = make_dataset(make_images(red="red", blue="blue", green="green"))
    blue, green, red = ingest_all(dataset)
    dataset.images.filter(pk=blue).update(state=Image.State.READY)
    derive_images([dataset.images.get(pk=blue)])
    dataset.images.filter(pk=green).update(state=Image.State.FAILED)
    assert split_by_need((blue, green, red), FAKE_ENCODER) == ([red], [blue])
    derivative_path(dataset.pk, dataset.images.get(pk=blue).checksum).unlink()
    assert split_by_need((blue, green, red), FAKE_ENCODER) == ([blue, red], [])


def test_it_notices_a_derivative_that_was_deleted(
    make_images: MakeImages, make_dataset: MakeDataset, settings: Settings
) -> None:
    dataset = make_dataset(make_images(red="red", blue="blue", green="green"))
    blue, green, red = ingest_all(dataset)
    derive_images(list(dataset.images.select_related("dataset")))
    embed_images(list(dataset.images.exclude(pk=green)), FAKE_ENCODER)
    assert lost_derivatives(dataset, FAKE_ENCODER) == []
    derivative_path(dataset.pk, dataset.images.get(pk=red).checksum).unlink()
    derivative_path(dataset.pk, dataset.images.get(pk=green).checksum).unlink()
    assert lost_derivatives(dataset, FAKE_ENCODER) == [red]  # green is found by what it needs
    shutil.rmtree(settings.DERIVATIVES_DIR)
    assert lost_derivatives(dataset, FAKE_ENCODER) == [blue, red]


@pytest.mark.parametrize("count", [3, 60])
def test_an_unchanged_chunk_costs_two_queries_however_many_files_it_has(
    make_images: MakeImages, make_dataset: MakeDataset, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    folder = make_images(red="red")
    for number in range(count - 1):
        shutil.copy(folder / "red.png", folder / f"copy-{number}.png")
    dataset = make_dataset(folder)
    ingest_all(dataset)
    derive_images(list(dataset.images.select_related("dataset")))
    embed_images(list(dataset.images.all()), FAKE_ENCODER)
    files = files_of(dataset)
    with django_assert_num_queries(2):
        (chunk,) = ingest_files(dataset, iter(files))
        assert len(chunk.image_ids) == count
        assert split_by_need(chunk.image_ids, FAKE_ENCODER) == ([], [])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite for its plan")
def test_no_chunk_makes_the_database_read_the_whole_dataset(make_images: MakeImages, make_dataset: MakeDataset) -> None:
    folder = make_images(red="red")
    for number in range(60):
        shutil.copy(folder / "red.png", folder / f"copy-{number}.png")
    dataset = make_dataset(folder)
    files = files_of(dataset)
    with CaptureQueriesContext(connection) as queries:
        for _ in range(2):
            for chunk in ingest_files(dataset, iter(files)):
                split_by_need(chunk.image_ids, FAKE_ENCODER)
    selects = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert len(selects) > 4
    with connection.cursor() as cursor:
        for select in selects:
            cursor.execute(f"EXPLAIN QUERY PLAN {select}")
            steps = " ".join(step[-1] for step in cursor.fetchall())
            assert "SCAN search" not in steps, (select, steps)
            assert "(dataset_id=?)" not in steps, (select, steps)


def test_it_reads_only_what_changed_and_counts_its_bytes(
    make_images: MakeImages, make_dataset: MakeDataset, opened_files: OpenedFiles
) -> None:
    folder = make_images(red="red", blue="blue")
    dataset = make_dataset(folder)
    ingest_all(dataset)
    make_images(red="green", new="gold")
    with opened_files(folder) as opened:
        chunks = list(ingest_files(dataset, iter(files_of(dataset))))
    assert sorted(opened) == ["new.png", "red.png"]
    assert sum(chunk.bytes_read for chunk in chunks) == sum((folder / name).stat().st_size for name in opened)


def test_it_hands_over_new_files_in_small_chunks(
    make_images: MakeImages, make_dataset: MakeDataset, settings: Settings
) -> None:
    settings.BATCH_SIZE = 2
    dataset = make_dataset(make_images(a="red", b="blue", c="lime", d="white", e="black"))
    sizes = [len(chunk.image_ids) for chunk in ingest_files(dataset, iter(files_of(dataset)))]
    assert [size for size in sizes if size] == [2, 2, 1]


def test_chunks_grow_to_a_limit() -> None:
    files = (SourceFile(str(number), str(number), 0, 0) for number in range(3 * LARGEST_CHUNK))
    sizes = [len(chunk) for chunk in growing_chunks(files, 200)]
    assert sizes[:4] == [200, 400, 800, LARGEST_CHUNK]
    assert sum(sizes) == 3 * LARGEST_CHUNK


def test_it_leaves_alone_what_is_settled_until_the_file_changes(
    make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    folder = make_images(red="red")
    dataset = make_dataset(folder)
    (image_id,) = ingest_all(dataset)
    dataset.images.update(state=Image.State.FAILED)
    ingest_chunk(dataset, files_of(dataset), {image_id})
    assert dataset.images.get().state == Image.State.FAILED
    os.utime(folder / "red.png", (0, 0))
    ingest_chunk(dataset, files_of(dataset), {image_id})
    assert dataset.images.get().state == Image.State.PENDING


def test_a_file_that_comes_back_with_another_time_keeps_its_derivative(
    make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    folder = make_images(red="red", blue="blue")
    dataset = make_dataset(folder)
    ingest_all(dataset)
    derive_images(list(dataset.images.select_related("dataset")))
    shutil.move(folder / "red.png", folder.parent / "red.png")
    assert walk_again(dataset) == 1
    shutil.copyfile(folder.parent / "red.png", folder / "red.png")
    os.utime(folder / "red.png", (0, 0))
    assert walk_again(dataset) == 0
    assert dataset.images.get(name="red.png").state == Image.State.READY
