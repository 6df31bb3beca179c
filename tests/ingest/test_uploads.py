"""Uploaded files and zips: what is kept, and what is refused whole."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from search.errors import InvalidSource
from search.ingest.uploads import store_files, store_zip
from search.models import Dataset
from tests.conftest import MakeDataset


@pytest.fixture
def dataset(make_dataset: MakeDataset, tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "originals" / "pictures")


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    buffer.seek(0)
    return buffer


def names_of(dataset: Dataset) -> list[str]:
    folder = Path(dataset.source_path)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_it_keeps_images_under_their_own_names_and_never_overwrites(dataset: Dataset) -> None:
    files = [SimpleUploadedFile(name, b"x") for name in ("a.jpg", "a.jpg", "../b.png", "c.html")]
    assert store_files(dataset, files) == 3
    assert names_of(dataset) == ["a-2.jpg", "a.jpg", "b.png"]


def test_it_refuses_an_upload_without_an_image(dataset: Dataset) -> None:
    with pytest.raises(InvalidSource, match="None of the files"):
        store_files(dataset, [SimpleUploadedFile("page.html", b"x")])


def test_it_unpacks_the_images_of_a_zip_with_their_folders(dataset: Dataset) -> None:
    archive = zipped(("trip/one.jpg", b"1"), ("two.png", b"2"), ("readme.txt", b"3"), ("__MACOSX/._one.jpg", b"4"))
    assert store_zip(dataset, archive) == 2
    assert names_of(dataset) == ["trip/one.jpg", "two.png"]


def link_entry() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize("entry", ["../escape.jpg", "/etc/escape.jpg", "C:/escape.jpg", "a/../../escape.jpg"])
def test_it_refuses_a_zip_that_points_outside(dataset: Dataset, entry: str) -> None:
    with pytest.raises(InvalidSource, match="points outside"):
        store_zip(dataset, zipped(("good.jpg", b"1"), (entry, b"2")))
    assert names_of(dataset) == []


def test_it_refuses_a_zip_with_a_link(dataset: Dataset) -> None:
    with pytest.raises(InvalidSource, match="symbolic link"):
        store_zip(dataset, zipped((link_entry(), b"/etc/passwd")))


def test_it_counts_unpacked_bytes_and_keeps_nothing_of_a_bomb(dataset: Dataset, settings: Settings) -> None:
    settings.MAX_UPLOAD_MB = 1
    with pytest.raises(InvalidSource, match="CLIPSITE_MAX_UPLOAD_MB"):
        store_zip(dataset, zipped(("one.jpg", b"1"), ("bomb.jpg", bytes(2 << 20))))
    assert names_of(dataset) == []


def test_it_names_a_broken_zip(dataset: Dataset) -> None:
    with pytest.raises(InvalidSource, match="cannot be unpacked"):
        store_zip(dataset, io.BytesIO(b"no zip at all"))


def test_it_keeps_every_image_of_a_zip_whose_names_collide_or_do_not_fit(dataset: Dataset) -> None:
    long_name = "n" * 300 + ".png"
    entries = [
        ("a.jpg", b"1"),
        ("d/a.jpg", b"2"),
        ("d\\a.jpg", b"3"),
        ("./", b""),
        (long_name, b"4"),
        ("a.jpg/b.png", b"5"),
    ]
    assert store_zip(dataset, zipped(*entries)) == 5
    assert len(names_of(dataset)) == 5


def test_it_names_a_zip_whose_data_is_damaged(dataset: Dataset) -> None:
    content = bytearray(zipped(("a.jpg", bytes(range(256)) * 40)).getvalue())
    content[60:90] = bytes(30)
    with pytest.raises(InvalidSource, match="cannot be unpacked"):
        store_zip(dataset, io.BytesIO(bytes(content)))
    assert names_of(dataset) == []
