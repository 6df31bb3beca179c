"""Where files lie, and the one way they are written: temporary name, fsync, rename."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from search.errors import DiskFull

logger = logging.getLogger(__name__)

DISK_IS_FULL = (
    "The disk that holds clipsite's data is full. Free some space; a run that waits for it goes on by itself."
)
_READ_BYTES = 1 << 20
_UMASK = os.umask(0o022)
os.umask(_UMASK)  # the only way to read it is to set it, so once, before there are threads


def derivative_path(dataset_id: int, checksum: str) -> Path:
    """Derivatives are named by content, so that a renamed or doubled original keeps its own."""
    return Path(settings.DERIVATIVES_DIR) / str(dataset_id) / checksum[:2] / f"{checksum}.jpg"


def derived_checksums(dataset_id: int, beginning: str) -> set[str]:
    """Checksums with these first two digits whose derivative lies on the disk; one listing, no call per file."""
    try:
        with os.scandir(derivative_path(dataset_id, beginning).parent) as entries:
            return {entry.name.removesuffix(".jpg") for entry in entries}
    except FileNotFoundError:
        return set()


def originals_folder(dataset_id: int) -> Path:
    """The folder of a dataset whose originals were uploaded; by id, which no other dataset ever gets."""
    return Path(settings.ORIGINALS_DIR) / str(dataset_id)


def query_picture_path(token: str) -> Path:
    """Of a picture that somebody searched with."""
    return Path(settings.QUERY_PICTURES_DIR) / token[:2] / f"{token}.jpg"


def map_selection_path(token: str) -> Path:
    """Of points that somebody selected on a map."""
    return Path(settings.MAP_CACHE_DIR) / "selections" / token[:2] / token


def map_tiles_folder(projection_id: int) -> Path:
    """The pictures of the tiles of a map; no other map ever gets its id."""
    return Path(settings.MAP_CACHE_DIR) / "tiles" / str(projection_id)


def index_folder(version_path: str) -> Path:
    return Path(settings.INDEXES_DIR) / version_path


def projection_folder(projection_path: str) -> Path:
    return Path(settings.PROJECTIONS_DIR) / projection_path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under `path` whole or not at all.

    Raises DiskFull.
    """
    with full_disk_explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            os.fchmod(handle, 0o666 & ~_UMASK)
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
        sync_folder(path.parent)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A folder that appears under `path` with all its files, or not at all; one that stands there is replaced."""
    with full_disk_explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        temporary.chmod(0o777 & ~_UMASK)
        try:
            yield temporary
            for file in temporary.iterdir():
                sync_file(file)
            sync_folder(temporary)
            if path.exists():
                shutil.rmtree(path)
            temporary.replace(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        sync_folder(path.parent)


@contextmanager
def full_disk_explained(path: Path) -> Iterator[None]:
    """Turns "no space left" into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        logger.error("no space left below %s", path.parent)
        raise DiskFull(DISK_IS_FULL) from error


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Makes renames inside `path` survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_dataset_files(dataset_id: int) -> None:
    """Deletes everything derived from a dataset, and uploaded originals; a server folder is never touched."""
    for folder in (
        Path(settings.DERIVATIVES_DIR) / str(dataset_id),
        Path(settings.INDEXES_DIR) / str(dataset_id),
        Path(settings.PROJECTIONS_DIR) / str(dataset_id),
        originals_folder(dataset_id),
    ):
        shutil.rmtree(folder, ignore_errors=True)
