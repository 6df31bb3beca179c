"""Exported images as a zip archive that is written while it is read: nothing of it lies on the disk, little in memory.

The archive is Python's own `zipfile`, which can write to what cannot be rewound. Pictures are compressed already, so
they are stored as they are.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Generator, Iterable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from search.bucket import sync
from search.errors import BucketUnavailable
from search.exports.names import ArchiveNames
from search.exports.sources import Exported
from search.files.paths import derivative_path
from search.images.originals import original_place

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MOST_FILES = 10_000
"""Of one archive: its list of files is kept in memory until the end."""

ERRORS_NAME = "errors.txt"
_READ_BYTES = 1 << 18
_EARLIEST, _LATEST = 315_619_200, 4_354_732_800  # what a zip can write down: 1980-01-02 to 2107-12-30


class Files(StrEnum):
    """Which files of the images an archive holds."""

    ORIGINALS = "originals"
    DERIVATIVES = "derivatives"


def zip_parts(images: Iterable[Exported], files: Files) -> Generator[bytes]:
    """The archive, part by part of about 256 KB. What cannot be read stands in its `errors.txt`."""
    sink, names = Sink(), ArchiveNames(ERRORS_NAME)
    problems: list[str] = []
    exported = iter(images)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for one in islice(exported, MOST_FILES):
            why = "is not there any more"
            path, name = _file(one, files)
            try:
                content = sync.fetch(path).open("rb") if path else None
            except OSError:
                content = None
            except BucketUnavailable:
                content, why = None, "cannot be fetched now, because the bucket does not answer"
            if content is None:
                problems.append(f"{one.name}: the {files.removesuffix('s')} {why}")
                continue
            with content:
                yield from _stored(archive, sink, content, names.unique(name), problems)
        if next(exported, None) is not None:
            problems.append(f"An archive holds {MOST_FILES:,} images at most; there are more, which are not in it.")
        if problems:
            archive.writestr(ERRORS_NAME, "Not in this archive, or not whole:\n\n" + "\n".join(problems) + "\n")
    yield sink.take()


def _file(one: Exported, files: Files) -> tuple[Path | None, str]:
    if files is Files.DERIVATIVES:
        name = str(PurePosixPath(one.name).with_suffix(".jpg")) if one.name else ""
        return derivative_path(one.image.dataset_id, one.image.checksum), name
    return original_place(one.image), one.name


def _stored(archive: zipfile.ZipFile, sink: Sink, content: BinaryIO, name: str, problems: list[str]) -> Iterator[bytes]:
    """One file. Its size is fixed before it is read, since the head of its entry depends on it."""
    status = Path(content.name).stat()
    entry = zipfile.ZipInfo(name, time.gmtime(min(max(status.st_mtime, _EARLIEST), _LATEST))[:6])
    entry.external_attr = 0o644 << 16
    # Said before the content: the head of an entry has another form for 2 GB and more, and is written first.
    entry.file_size = status.st_size
    remaining = status.st_size
    with archive.open(entry, "w") as member:
        while remaining:
            try:
                block = content.read(min(_READ_BYTES, remaining))
            except OSError as error:
                problems.append(f"{name}: could not be read to its end ({error.strerror})")
                break
            if not block:
                problems.append(f"{name}: became shorter while it was read")
                break
            remaining -= len(block)
            member.write(block)
            yield sink.take()


class Sink(io.RawIOBase):
    """Takes what the archive writes until somebody fetches it."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        written = bytes(data)
        self._written.append(written)
        return len(written)

    def take(self) -> bytes:
        taken = b"".join(self._written)
        self._written.clear()
        return taken
