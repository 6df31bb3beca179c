"""Files appear whole or not at all, also when the disk is full."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.errors import ServiceUnavailable
from search.files.atomic import atomic_file, atomic_folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a small disk cannot be mounted here (it takes root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def write_too_much(path: Path) -> None:
    with atomic_file(path) as file:
        file.write(bytes(200_000))


def test_a_full_disk_is_one_sentence_and_leaves_what_stood_there(small_disk: Path) -> None:
    path = small_disk / "kept"
    with atomic_file(path) as file:
        file.write(b"old")
    with pytest.raises(ServiceUnavailable, match="is full"):
        write_too_much(path)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in small_disk.iterdir()] == ["kept"]


def test_a_failed_writer_leaves_nothing(tmp_path: Path) -> None:
    def fail_halfway() -> None:
        with atomic_file(tmp_path / "file") as file:
            file.write(b"half")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail_halfway()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    for content in ("one", "two"):
        with atomic_folder(tmp_path / "folder") as folder:
            (folder / content).write_text(content)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["two"]
