"""The writer of backups, while the site runs or not."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import connection
from django.utils import timezone

from clipsite.operations.backup import database
from clipsite.operations.backup.archive import DATABASE, FILES, Notes, Writer
from search.bucket import maintenance, sync
from search.errors import BackupRefused
from search.files.atomic import explain_full_disk, sync_folder


@dataclass(frozen=True, slots=True)
class BackupResult:
    """A backup that was written: where, how large, and how many files were deleted while it was made."""

    path: Path
    files: int
    bytes: int
    gone: int
    bucket: str
    """The bucket that has the pictures which the backup lacks; empty without a bucket."""


def make_backup(target: Path, *, derivatives: bool = True) -> BackupResult:
    """Write the backup to `target`, or under a name with the time into the folder `target`.

    It holds the secret key and all accounts, so only its owner may read it. Without `derivatives` the pictures of
    grids are made again after a restore. Raises BackupRefused, or ServiceUnavailable when the disk is full.
    """
    if target.is_dir():
        target /= f"clipsite-{timezone.now():%Y%m%d-%H%M%S}.tar"
    if target.exists():
        raise BackupRefused(f"{target} exists already. Name another file, or delete it first.")
    if not target.parent.is_dir():
        raise BackupRefused(f"There is no folder {target.parent}. Make it first.")
    data_dir = Path(settings.DATA_DIR)
    vendor, migrations = connection.vendor, database.newest_migrations()
    notes = Notes(vendor, migrations, str(data_dir), timezone.now().isoformat(timespec="seconds"))
    with (
        _atomic_private_file(target) as file,
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".clipsite-") as folder,
    ):
        # The database first, at one moment; then the files of the versions that were live at that moment.
        snapshot = database.dump(Path(folder))
        with tarfile.open(fileobj=file, mode="w") as tar:
            writer = Writer(tar, notes)
            for path in snapshot.files:
                writer.add(path, f"{DATABASE}/{path.name}")
                path.unlink()
            for name, source in _files(snapshot, derivatives=derivatives):
                if source.is_dir():
                    writer.add_folder(source, f"{FILES}/{name}")
                else:
                    writer.add(source, f"{FILES}/{name}")
            writer.finish()
    return BackupResult(target, writer.files, target.stat().st_size, writer.gone, sync.bucket_address())


def _files(snapshot: database.Snapshot, *, derivatives: bool) -> Iterator[tuple[str, Path]]:
    """Yield the names in the archive and the paths of everything that is stored beside the database."""
    if (key := Path(settings.DATA_DIR) / "secret_key").is_file():
        yield key.name, key
    for folder, paths in ((settings.INDEXES_DIR, snapshot.versions), (settings.PROJECTIONS_DIR, snapshot.maps)):
        for path in paths:
            yield f"{Path(folder).name}/{path}", Path(folder) / path
    if (samples := Path(settings.SAMPLES_DIR)).is_dir():
        yield samples.name, samples
    for folder in (settings.ORIGINALS_DIR, *([settings.DERIVATIVES_DIR] if derivatives else [])):
        yield from _pictures(Path(folder))


def _pictures(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the whole folder or, where there is a bucket, the datasets whose pictures are not all in it."""
    if not folder.is_dir():
        return
    if not sync.bucket_address():
        yield folder.name, folder
        return
    for dataset in maintenance.unsynced_datasets().order_by("pk"):
        if (own := folder / str(dataset.pk)).is_dir():
            yield f"{folder.name}/{own.name}", own


@contextmanager
def _atomic_private_file(target: Path) -> Iterator[BinaryIO]:
    """Open a file that only its owner can read, and rename it to `target` once it is whole."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with explain_full_disk(target):
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(target.parent)
