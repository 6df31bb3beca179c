"""Receiving originals: single files and zip archives, checked before anything is kept."""

from __future__ import annotations

import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from django.conf import settings

from search.bucket import sync
from search.errors import InvalidSource
from search.files.atomic import atomic_file
from search.ingest.walk import is_image_name
from search.models import Dataset

MAX_ZIP_ENTRIES = 1_000_000
_COPY_BYTES = 1 << 20


class NamedFile(Protocol):
    """An uploaded file, as Django hands it over."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def chunks(self) -> Iterable[bytes]: ...


def check_files(files: Iterable[NamedFile]) -> None:
    """Raises InvalidSource for files that together exceed CLIPSITE_MAX_UPLOAD_MB."""
    if sum(file.size or 0 for file in files) > _allowance():
        raise InvalidSource(
            f"The files are larger than {settings.MAX_UPLOAD_MB} MB together (CLIPSITE_MAX_UPLOAD_MB). "
            "Upload fewer at a time, or raise the limit."
        )


def store_files(dataset: Dataset, files: Iterable[NamedFile]) -> int:
    """Keeps the files that are named like images; returns how many.

    Raises InvalidSource when none is, and BucketUnavailable, by when some may be kept.
    """
    folder = Path(dataset.source_path)
    stored = 0
    for file in files:
        name = PurePosixPath((file.name or "").replace("\\", "/")).name
        if not is_image_name(name):
            continue
        path = free_path(folder, name)
        with atomic_file(path) as target:
            for chunk in file.chunks():
                target.write(chunk)
        sync.send_new(path)
        stored += 1
    if not stored:
        raise InvalidSource("None of the files is named like an image (.jpg, .png, .webp, .gif, .tif, .bmp, .avif).")
    return stored


def free_path(folder: Path, name: str) -> Path:
    """Return where a file may be stored without overwriting another."""
    path, number = folder / name, 2
    while path.exists() or sync.is_stored(path):
        path, number = folder / f"{Path(name).stem}-{number}{Path(name).suffix}", number + 1
    return path


def check_zip(archive: IO[bytes]) -> None:
    """Raises InvalidSource for an archive that `store_zip` would refuse, as far as its own directory tells."""
    with _open_zip(archive) as opened:
        declared = sum(info.file_size for info, _ in _image_entries(opened))
    if declared > _allowance():
        raise InvalidSource(_too_much())


def store_zip(dataset: Dataset, archive: IO[bytes]) -> int:
    """Unpacks the images of a zip; returns how many.

    Raises InvalidSource for a broken archive, an unsafe entry, or one that unpacks to more than CLIPSITE_MAX_UPLOAD_MB,
    and BucketUnavailable, by when some images may be kept.
    """
    with _open_zip(archive) as opened:
        return _unpack(opened, _image_entries(opened), Path(dataset.source_path))


@contextmanager
def _open_zip(archive: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    archive.seek(0)
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError) as error:
        raise InvalidSource(f"The archive cannot be unpacked: {error}. Make it again as a plain zip.") from error


def _allowance() -> int:
    return int(settings.MAX_UPLOAD_MB) << 20


def _too_much() -> str:
    return (
        f"The archive unpacks to more than {settings.MAX_UPLOAD_MB} MB (CLIPSITE_MAX_UPLOAD_MB). "
        "Nothing was kept; split it or raise the limit."
    )


def _image_entries(archive: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    infos = archive.infolist()
    if len(infos) > MAX_ZIP_ENTRIES:
        raise InvalidSource(f"The archive has {len(infos):,} entries; {MAX_ZIP_ENTRIES:,} at most. Split it.")
    entries = []
    for info in infos:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if not path.parts:
            continue
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise InvalidSource(
                f"The archive has an entry that points outside it: {info.filename!r}. Nothing was kept."
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise InvalidSource(f"The archive has a symbolic link: {info.filename!r}. Nothing was kept.")
        if not info.is_dir() and is_image_name(path.name) and "__MACOSX" not in path.parts:
            entries.append((info, path))
    if not entries:
        raise InvalidSource("The archive holds no file named like an image.")
    return entries


def _unpack(archive: zipfile.ZipFile, entries: list[tuple[zipfile.ZipInfo, PurePosixPath]], folder: Path) -> int:
    """Streams every entry to disk and counts real bytes, because an archive can lie about its sizes."""
    allowance = _allowance()
    staging = folder / ".unpacking"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        # Under numbers, not names: two entries may have one name, or one that this disk cannot hold.
        for number, (info, _) in enumerate(entries):
            with archive.open(info) as source, atomic_file(staging / str(number)) as target:
                while block := source.read(_COPY_BYTES):
                    allowance -= len(block)
                    if allowance < 0:
                        raise InvalidSource(_too_much())
                    target.write(block)
        for number, (_, path) in enumerate(entries):
            _move_into_place(staging / str(number), folder, path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return len(entries)


def _move_into_place(staged: Path, folder: Path, path: PurePosixPath) -> None:
    """Moves a file to its name; where that cannot be had, to a short one directly in the folder."""
    try:
        target = free_path((folder / path).parent, path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        target = free_path(folder, f"{path.stem[:80]}{path.suffix}")
    staged.replace(target)
    sync.send_new(target)
