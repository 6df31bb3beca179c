"""Backups: what is in them, and when they are refused."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from clipsite.operations.backup import archive
from clipsite.operations.backup.make import make_backup
from clipsite.operations.backup.restore import restore_backup
from search.errors import BackupRefused
from search.files.paths import derivative_path, originals_folder
from search.models import Dataset
from tests.conftest import MakeDataset, MakeImages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def library(
    transactional_db: None, make_images: MakeImages, make_dataset: MakeDataset, settings: Settings, tmp_path: Path
) -> Dataset:
    """A dataset of uploaded files, with a derivative, below a data folder of this test's own."""
    settings.DATA_DIR = tmp_path
    settings.SAMPLES_DIR = tmp_path / "samples"
    (tmp_path / "secret_key").write_text("a key of this test alone, long enough to be one")
    dataset = make_dataset(make_images(red="red"), name="Uploaded")
    folder = originals_folder(dataset.pk)
    folder.mkdir(parents=True)
    (folder / "red.png").write_bytes(b"red")
    (folder / ".red.png.x7").write_bytes(b"half a file")
    (folder / "link.png").symlink_to("/etc/hostname")
    derivative = derivative_path(dataset.pk, "ab" * 32)
    derivative.parent.mkdir(parents=True)
    derivative.write_bytes(b"small red")
    return dataset


def members(path: Path) -> set[str]:
    with tarfile.open(path) as tar:
        return {name for name in tar.getnames() if name.startswith("files/")}


def test_it_holds_what_cannot_be_made_again(library: Dataset, tmp_path: Path) -> None:
    made = make_backup(tmp_path / "all.tar")
    names = {"files/secret_key", f"files/originals/{library.pk}/red.png"}
    derivative = f"files/derivatives/{library.pk}/ab/{'ab' * 32}.jpg"
    assert members(made.path) == names | {derivative}
    assert members(make_backup(tmp_path / "less.tar", derivatives=False).path) == names
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_its_database_is_one_file_that_stands_alone(library: Dataset, tmp_path: Path) -> None:
    made = make_backup(tmp_path / "all.tar")
    archive.unpack(made.path, tmp_path / "unpacked")
    (file,) = (tmp_path / "unpacked" / "database").iterdir()
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as database:
        assert database.execute("SELECT name FROM search_dataset").fetchall() == [("Uploaded",)]
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_folder_gets_a_file_named_by_the_time(library: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    made = make_backup(folder)
    assert list(folder.iterdir()) == [made.path]
    assert made.path.name.startswith("clipsite-")


def test_nothing_is_overwritten(library: Dataset, tmp_path: Path) -> None:
    taken = tmp_path / "taken.tar"
    taken.write_text("somebody's")
    with pytest.raises(BackupRefused, match="exists already"):
        make_backup(taken)
    with pytest.raises(BackupRefused, match="no folder"):
        make_backup(tmp_path / "nowhere" / "file.tar")
    assert taken.read_text() == "somebody's"
    made = make_backup(tmp_path / "good.tar")
    with pytest.raises(BackupRefused, match="has datasets already"):
        restore_backup(made.path)


def test_a_folder_that_is_not_empty_is_left_alone(library: Dataset, tmp_path: Path) -> None:
    made = make_backup(tmp_path / "good.tar")
    path = originals_folder(library.pk) / "red.png"
    library.delete()
    with pytest.raises(BackupRefused, match="is not empty"):
        restore_backup(made.path)
    assert path.exists()


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_its_end(path: Path) -> None:
    with tarfile.open(path) as before, tarfile.open(path.with_suffix(".new"), "w") as after:
        for member in before.getmembers()[:-1]:
            after.addfile(member, before.extractfile(member))
    path.with_suffix(".new").replace(path)


def of_another_kind(path: Path) -> None:
    _change_notes(path, vendor="postgresql")


def of_a_newer_clipsite(path: Path) -> None:
    _change_notes(path, migrations={"search": "9999_wonders"})


def of_another_format(path: Path) -> None:
    _change_notes(path, format=99)


def _change_notes(path: Path, **changed: object) -> None:
    notes = path.parent / "notes.json"
    with tarfile.open(path) as before, tarfile.open(path.with_suffix(".new"), "w") as after:
        first, *others = before.getmembers()
        file = before.extractfile(first)
        assert file is not None
        notes.write_text(json.dumps(json.load(file) | changed))
        after.add(notes, first.name)
        for member in others:
            after.addfile(member, before.extractfile(member))
    path.with_suffix(".new").replace(path)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (cut_off, "damaged|not whole"),
        (without_its_end, "not whole"),
        (of_another_kind, "is of a site with postgresql"),
        (of_a_newer_clipsite, "does not know search.9999_wonders"),
        (of_another_format, "has format 99"),
        (lambda path: path.write_text("no tar"), "cannot be read as a backup"),
        (lambda path: path.unlink(), "cannot be read as a backup"),
    ],
)
def test_what_is_no_whole_backup_of_this_clipsite_is_refused(
    library: Dataset, settings: Settings, tmp_path: Path, spoil: Callable[[Path], object], sentence: str
) -> None:
    made = make_backup(tmp_path / "backup.tar")
    spoil(made.path)
    library.delete()
    empty = tmp_path / "empty"
    settings.DATA_DIR = empty
    for name in ("ORIGINALS", "DERIVATIVES", "INDEXES", "PROJECTIONS", "SAMPLES"):
        setattr(settings, f"{name}_DIR", empty / name.lower())
    with pytest.raises(BackupRefused, match=sentence):
        restore_backup(made.path)
    assert not empty.exists() or not list(empty.iterdir()), "something was left behind"
    assert connection.introspection.table_names(), "the database was touched"
