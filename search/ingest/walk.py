"""Walking a dataset's folder: its image files, as the folder shows them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from search.bucket import sync
from search.errors import InvalidSource
from search.files.paths import originals_folder
from search.models import Dataset, Image
from search.values import FailedImage

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif")
MAX_NAME_BYTES = 1024
"""So that a name always fits the column, and PostgreSQL's index rows of at most 2,704 bytes."""

LARGEST_CHUNK = 1024
"""Files that one query compares: enough to make queries cheap, few enough to need no memory worth mentioning."""

OnUnreadable = Callable[[FailedImage], None]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that is named like an image, as the folder shows it; `name` is its path below the dataset's folder."""

    name: str
    path: str
    byte_size: int
    modified_ns: int


def is_image_name(name: str) -> bool:
    """Return whether a file name ends like an image's and is not hidden."""
    return not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES)


def find_files(dataset: Dataset, on_unreadable: OnUnreadable) -> Iterator[SourceFile]:
    """Regular files below the dataset's folder that are named like images, sorted within each subfolder.

    Links are not followed; `on_unreadable` is called for a subfolder that cannot be read. Originals that a bucket
    has are listed there, wherever they lie. Raises InvalidSource when the folder itself is not there, cannot be read,
    or holds nothing although images of it are known, and BucketUnavailable.
    """
    is_stored = sync.is_synced(dataset) and Path(dataset.source_path) == originals_folder(dataset.pk)
    has_files = False
    for file in _in_bucket(dataset) if is_stored else _in_folder(dataset, on_unreadable):
        has_files = True
        yield file
    # A disk that is not mounted looks like an empty folder; one run would mark all its images as missing.
    if not has_files and _has_present_images(dataset):
        raise InvalidSource(
            f"The folder of dataset {dataset.name!r} holds no image any more, though some are known. "
            "Is its disk mounted? Nothing was changed."
        )


def _in_bucket(dataset: Dataset) -> Iterator[SourceFile]:
    prefix = f"{sync.ORIGINALS}/{dataset.pk}/"
    for stored in sync.list_objects(sync.ORIGINALS, dataset.pk):
        name = stored.key.removeprefix(prefix)
        *folders, last = PurePosixPath(name).parts
        if is_image_name(last) and not any(folder.startswith(".") for folder in folders):
            yield SourceFile(name, f"{dataset.source_path}/{name}", stored.byte_size, stored.modified_ns)


def _in_folder(dataset: Dataset, on_unreadable: OnUnreadable) -> Iterator[SourceFile]:
    folder = dataset.source_path
    if not Path(folder).is_dir():
        raise InvalidSource(
            f"The folder of dataset {dataset.name!r} is not there. Mount it or put it back, then index again."
        )
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            subfolders, names = _list(f"{folder}/{below}")
        except OSError as error:
            _report_unreadable(dataset, below, error, on_unreadable)
            continue
        waiting += [f"{below}{name}/" for name in sorted(subfolders, reverse=True)]
        for name in sorted(names):
            path = f"{folder}/{below}{name}"
            status = _status_of(path)
            if status is not None and stat.S_ISREG(status.st_mode):
                yield SourceFile(below + name, path, status.st_size, status.st_mtime_ns)


def _list(folder: str) -> tuple[list[str], list[str]]:
    """Names of its subfolders, and of what is named like an image. The listing knows the kinds: no call per entry."""
    subfolders: list[str] = []
    names: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_folder(entry):
                if not entry.name.startswith("."):
                    subfolders.append(entry.name)
            elif is_image_name(entry.name):
                names.append(entry.name)
    return subfolders, names


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # a file system that tells no kinds, and an entry that cannot be looked at
        return False


def _report_unreadable(dataset: Dataset, below: str, error: OSError, on_unreadable: OnUnreadable) -> None:
    if not below:
        raise InvalidSource(f"The folder of dataset {dataset.name!r} cannot be read: {error.strerror}.") from error
    reason = f"is a folder that cannot be read: {error.strerror}"
    on_unreadable(FailedImage(None, printable(below.removesuffix("/")), reason))


def _status_of(path: str) -> os.stat_result | None:
    """Return the status of a file; None when it went away since its folder was listed."""
    try:
        return os.lstat(path)
    except OSError:
        return None


def _has_present_images(dataset: Dataset) -> bool:
    return Image.objects.filter(dataset_id=dataset.pk).exclude(state=Image.State.MISSING).exists()


def growing_chunks(files: Iterator[SourceFile], first: int) -> Iterator[list[SourceFile]]:
    """Lists of files: a short one first, so that work starts early; each doubles the one before up to a limit."""
    size = first
    while chunk := list(islice(files, size)):
        yield chunk
        size = min(2 * size, max(first, LARGEST_CHUNK))


def is_gone(path: str) -> bool:
    """Return whether a file is certainly not there; a folder that cannot be read only hides its files.

    What a bucket has is there. Raises BucketUnavailable.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return not sync.is_stored(Path(path))
    except OSError:
        return False
    return False


def name_problem(name: str) -> str:
    """Return why the database cannot hold this name; empty where it can."""
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "has a name that is not UTF-8; rename it"
    if size > MAX_NAME_BYTES:
        return f"has a path of {size} bytes below the dataset's folder; {MAX_NAME_BYTES} at most"
    return ""


def printable(name: str) -> str:
    """A name that can be shown and stored, cut where it is too long."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")[:MAX_NAME_BYTES]
