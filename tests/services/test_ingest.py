"""Finding images and keeping records up to date."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from search.errors import InvalidSource
from search.models import Dataset, Image
from search.services.compare import SeenImages
from search.services.derive import derive_images
from search.services.ingest import ingest_chunk, ingest_files, mark_missing
from search.services.needs import split_by_need
from search.storage import derivative_path
from tests.conftest import FAKE_ENCODER, MakeDataset, MakeImages, files_of


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
