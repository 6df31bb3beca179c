"""Looking at single files of a dataset again, without a walk over its folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from search.bucket import sync
from search.errors import InvalidSource
from search.ingest.walk import SourceFile
from search.models import Dataset
from search.values import FailedImage

_NOT_FOUND = "cannot be found under this name; index the dataset to look again"
_READABLE_FOLDER = "is a folder that can be read again; index the dataset to take in what it holds"
_NO_FILE = "is no regular file any more; index the dataset to look again"
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as its record has it."""

    image_id: int
    name: str
    byte_size: int
    modified_ns: int


def changed_files(dataset: Dataset, files: Iterable[KnownFile]) -> list[int]:
    """Ids of images whose file is there, with another size or time than its record."""
    folder = Path(dataset.source_path)
    changed = []
    for file in files:
        try:
            status = (folder / file.name).lstat()
        except OSError:
            continue  # gone or out of reach: not for us to say
        if (status.st_size, status.st_mtime_ns) != (file.byte_size, file.modified_ns):
            changed.append(file.image_id)
    return changed


def revisit(dataset: Dataset, names: dict[str, int | None]) -> tuple[list[SourceFile], list[FailedImage]]:
    """Looks at files by name (with the id of their image, where there is one): those that are there, and why not.

    Raises InvalidSource when the dataset's folder itself is not there.
    """
    folder = Path(dataset.source_path)
    if not folder.is_dir() and not sync.is_synced(dataset):
        raise InvalidSource(f"The folder of dataset {dataset.name!r} is not there. Mount it or put it back first.")
    present: list[SourceFile] = []
    failures: list[FailedImage] = []
    for name, image_id in names.items():
        path = folder / name
        try:
            status = sync.fetch(path).lstat()
        except OSError as error:
            reason = _NOT_FOUND if error.errno in _ABSENT else f"cannot be read: {error.strerror}"
            failures.append(FailedImage(image_id, name, reason))
            continue
        if stat.S_ISREG(status.st_mode):
            present.append(SourceFile(name, str(path), status.st_size, status.st_mtime_ns))
        else:
            failures.append(FailedImage(image_id, name, _why_not(path, status)))
    return present, failures


def _why_not(path: Path, status: os.stat_result) -> str:
    """A folder stands in the ledger when the walk could not list it."""
    if not stat.S_ISDIR(status.st_mode):
        return _NO_FILE
    if os.access(path, os.R_OK | os.X_OK):
        return _READABLE_FOLDER
    return f"is a folder that cannot be read: {os.strerror(errno.EACCES)}"
