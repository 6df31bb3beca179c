"""Which folders may become datasets, and what deleting one removes."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.datasets.create import check_folder, dataset_create, dataset_delete, dataset_for_folder
from search.errors import InvalidSource
from search.files.paths import derivative_path, originals_folder
from search.models import Dataset
from tests.conftest import MakeImages

PUBLIC = Dataset.Visibility.PUBLIC


def test_it_names_a_missing_folder_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSource, match="There is no folder"):
        check_folder(tmp_path / "none", roots=[tmp_path])
    with pytest.raises(InvalidSource, match="is a file, not a folder"):
        check_folder(tmp_path / "file", roots=[tmp_path])


def test_it_refuses_a_folder_outside_the_roots_even_through_a_link(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    assert check_folder(inside, roots=[tmp_path / "inside"]) == inside.resolve()
    for path in (outside, inside / "link", inside / ".." / "outside"):
        with pytest.raises(InvalidSource, match="CLIPSITE_IMAGE_ROOTS"):
            check_folder(path, roots=[inside])


def test_it_refuses_a_name_that_is_taken_whatever_its_case(db: None, tmp_path: Path) -> None:
    dataset_create(name="Holidays", source=tmp_path, owner=None, visibility=PUBLIC)
    with pytest.raises(InvalidSource, match="'holidays' already"):
        dataset_create(name="holidays", source=tmp_path, owner=None, visibility=PUBLIC)


def test_it_finds_the_dataset_of_a_folder_again_and_refuses_another_folder(db: None, tmp_path: Path) -> None:
    first, created = dataset_for_folder(name="Photos", folder=tmp_path)
    again, created_again = dataset_for_folder(name="photos", folder=tmp_path)
    assert (first, created, created_again) == (again, True, False)
    with pytest.raises(InvalidSource, match="stands for"):
        dataset_for_folder(name="Photos", folder=tmp_path / "other")
    with pytest.raises(InvalidSource, match="exists already: public"):
        dataset_for_folder(name="Photos", folder=tmp_path, private=True)


def test_it_deletes_uploads_and_derivatives_but_never_a_server_folder(
    transactional_db: None, make_images: MakeImages
) -> None:
    folder = make_images(red="red")
    dataset = dataset_create(name="Server", source=folder, owner=None, visibility=PUBLIC)
    uploaded = dataset_create(name="Uploaded", source=None, owner=None, visibility=PUBLIC)
    derivative = derivative_path(dataset.pk, "ab" * 32)
    for path in (derivative, originals_folder(uploaded.pk) / "a.jpg"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    uploaded_folder = originals_folder(uploaded.pk)
    dataset_delete(dataset)
    dataset_delete(uploaded)
    assert (folder / "red.png").is_file()
    assert not derivative.exists()
    assert not uploaded_folder.exists()
