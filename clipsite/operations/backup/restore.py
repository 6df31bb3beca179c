"""The restore of a backup, into a data folder and a database that hold no site yet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from clipsite.operations.backup import database
from clipsite.operations.backup.archive import DATABASE, FILES, Notes, read_notes, unpack
from search.bucket import sync
from search.errors import BackupRefused
from search.files.atomic import explain_full_disk
from search.models import Dataset

_REPLACEABLE = frozenset({"secret_key"})
"""Every command makes one where there is none."""


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """The result of a restore: how many files came back, and the datasets that have no pictures for their grids."""

    files: int
    made_at: str
    without_derivatives: list[str]
    needs_key: bool
    """Whether the secret key is in no file: it was a variable, and must be one again."""

    buckets: list[str]
    """The buckets that have pictures of the backup, but are not the one of these settings."""


def restore_backup(path: Path) -> RestoreResult:
    """Fill the empty site of these settings. Nothing is changed unless the whole backup could be read.

    Raises BackupRefused for a file that is no whole backup, of another kind of database or of a newer clipsite, and
    for a site that is not empty.
    """
    notes = read_notes(path)
    _require_fitting(notes)
    _require_empty()
    data_dir = Path(settings.DATA_DIR)
    data_dir.mkdir(parents=True, exist_ok=True)
    with explain_full_disk(data_dir / "any"), tempfile.TemporaryDirectory(dir=data_dir, prefix=".restoring-") as own:
        # Aside first: only what is whole is moved into place.
        files = unpack(path, Path(own))
        places = list(_places(Path(own, FILES), data_dir))
        for source, target in places:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        database.restore(Path(own, DATABASE), notes.migrations)
    database.move_folders(notes.data_dir, str(data_dir))
    key = data_dir / "secret_key"
    needs_key = all(target != key for _, target in places)
    others = Dataset.objects.exclude(bucket__in=["", sync.bucket_address()])
    buckets = sorted(set(others.values_list("bucket", flat=True)))
    return RestoreResult(files, notes.made_at, _without_derivatives(), needs_key, buckets)


def _require_fitting(notes: Notes) -> None:
    if notes.vendor != connection.vendor:
        raise BackupRefused(
            f"The backup is of a site with {notes.vendor}, this one uses {connection.vendor}. "
            "Set CLIPSITE_DATABASE_URL to a database of the same kind."
        )
    database.require_known(notes.migrations)


def _require_empty() -> None:
    if database.has_datasets():
        raise BackupRefused(
            "This site has datasets already, and nothing is ever overwritten. "
            "Set CLIPSITE_DATA_DIR to an empty folder, and CLIPSITE_DATABASE_URL to an empty database."
        )
    folders = (settings.ORIGINALS_DIR, settings.INDEXES_DIR, settings.PROJECTIONS_DIR, settings.DERIVATIVES_DIR)
    for folder in (*folders, settings.SAMPLES_DIR):
        if Path(folder).is_dir() and any(Path(folder).iterdir()):
            raise BackupRefused(f"{folder} is not empty. Set CLIPSITE_DATA_DIR to an empty folder.")


def _places(unpacked: Path, data_dir: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each unpacked path and its destination, whole folders and single files."""
    for source in sorted(unpacked.iterdir()) if unpacked.is_dir() else ():
        target = data_dir / source.name
        if target.is_dir():
            target.rmdir()  # an empty one, as `_require_empty` saw
        elif target.exists() and source.name not in _REPLACEABLE:
            raise BackupRefused(f"{target} is in the way. Set CLIPSITE_DATA_DIR to an empty folder.")
        yield source, target


def _without_derivatives() -> list[str]:
    indexed = Dataset.objects.filter(live_version__isnull=False, bucket="").order_by("name")
    return [dataset.name for dataset in indexed if not (Path(settings.DERIVATIVES_DIR) / str(dataset.pk)).is_dir()]
