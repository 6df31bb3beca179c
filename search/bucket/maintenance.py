"""Maintenance of the bucket: uploading what is only here, freeing local disk space, and checking that it works."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from search.batches import batched
from search.bucket import sync
from search.bucket.address import Bucket
from search.bucket.client import first_line, open_store
from search.bucket.presign import address_of
from search.errors import BucketUnavailable
from search.models import Dataset, Image
from search.values import Report, no_report

_AT_ONCE = 256
_PROBES = "clipsite-check"
_SIGNED_SECONDS = 10.0
_LONGEST_REASON = 300

IN_USE = 3600
"""Seconds for which a file that was read, written or fetched is not removed: somebody may be about to read it."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The files that came into the bucket; `lacking` originals are neither there nor here."""

    files: int
    bytes: int
    lacking: int


@dataclass(frozen=True, slots=True)
class TrimResult:
    """The files that were removed here, and the bytes of pictures that are left."""

    files: int
    bytes: int
    left: int


def unsynced_datasets() -> QuerySet[Dataset]:
    """Datasets of which the bucket may not have everything."""
    return Dataset.objects.exclude(bucket=sync.bucket_address())


def forget_other_buckets() -> None:
    """Marks datasets of another bucket as not synced: nothing is known of what came since."""
    Dataset.with_deleted.exclude(bucket__in=["", sync.bucket_address()]).update(bucket="")


def sync_dataset(dataset: Dataset, report: Report = no_report) -> SyncResult:
    """Uploads what lies here only, and notes that the bucket has everything, unless originals are lacking.

    May run twice, and while the site works. Raises BucketUnavailable.
    """
    files = sent = 0
    lacking = 0
    for kind in (sync.DERIVATIVES, sync.ORIGINALS):
        sizes = {one.key: one.byte_size for one in sync.list_objects(kind, dataset.pk)}
        unsent = (file for file in _files(kind, dataset.pk) if sizes.get(file.key) != file.byte_size)
        for page in batched(unsent, _AT_ONCE):
            sync.send([file.path for file in page])
            sizes |= {file.key: file.byte_size for file in page}
            files += len(page)
            sent += sum(file.byte_size for file in page)
            report(files, files + 1)
        if kind == sync.ORIGINALS and sync.key_of(Path(dataset.source_path)):
            names = dataset.images.exclude(state=Image.State.MISSING).values_list("name", flat=True).iterator()
            lacking = sum(f"{kind}/{dataset.pk}/{name}" not in sizes for name in names)
    if not lacking:
        Dataset.objects.filter(pk=dataset.pk).update(bucket=sync.bucket_address())
    return SyncResult(files, sent, lacking)


def trim(most_bytes: int) -> TrimResult:
    """Removes files here that the bucket has, those that were not used for longest first, until so many bytes are left.

    May run twice, and while the site works. Raises BucketUnavailable.
    """
    _sweep_deleted()
    total, candidates = 0, []
    unused_since = time.time() - IN_USE
    for dataset in Dataset.objects.order_by("pk"):
        for kind in (sync.DERIVATIVES, sync.ORIGINALS):
            local = list(_files(kind, dataset.pk))
            total += sum(file.byte_size for file in local)
            if local and sync.is_synced(dataset):
                sizes = {one.key: one.byte_size for one in sync.list_objects(kind, dataset.pk)}
                candidates += [file for file in local if sizes.get(file.key) == file.byte_size]
    removed = freed = 0
    for file in sorted(candidates, key=lambda file: file.used_at):
        if total - freed <= most_bytes or file.used_at > unused_since:
            break
        file.path.unlink(missing_ok=True)
        removed += 1
        freed += file.byte_size
    return TrimResult(removed, freed, total - freed)


def can_be_written() -> bool:
    """Return whether runs that wait for the bucket may go on; without one there is nothing to wait for."""
    if settings.OBJECTS is None or not sync.is_reachable():
        return settings.OBJECTS is None
    try:
        _write_and_read(settings.OBJECTS)
    except BucketUnavailable:
        return False
    return True


def problem() -> str:
    """Return a sentence on what is wrong with the bucket and what to do; empty where it works."""
    bucket = settings.OBJECTS
    if bucket is None:
        return ""
    try:
        key = _write_and_read(bucket, keep=True)
        status = _status_of(address_of(bucket, key, {}, time.time()).address)
        open_store(bucket).delete([key])
    except BucketUnavailable as error:
        reason = first_line(error.__cause__ or error)[:_LONGEST_REASON]
        return (
            f"{bucket.address} at {bucket.origin} cannot be written and read ({reason}). Make the bucket, or correct "
            "CLIPSITE_OBJECTS and its _ENDPOINT, _REGION, _KEY and _SECRET."
        )
    if settings.HTTPS and bucket.origin.startswith("http://"):
        return f"Browsers show nothing from {bucket.origin} on pages of https. Set CLIPSITE_OBJECTS_ENDPOINT to https."
    if status != 200:
        return (
            f"{bucket.address} can be written, but a signed address gets {status or 'no answer'}. "
            f"Browsers must reach {bucket.origin} (CLIPSITE_OBJECTS_ENDPOINT), and the clock of this machine be right."
        )
    if names := list(unsynced_datasets().values_list("name", flat=True)[:3]):
        return f"{', '.join(names)}: not everything is in {bucket.address} yet. Run: {settings.COMMAND} objects"
    return ""


def _sweep_deleted() -> None:
    """Removes the files here of datasets that were deleted: the job that did so ran on one machine. May run twice."""
    ids = set(Dataset.with_deleted.values_list("pk", flat=True))
    for root in (Path(settings.DERIVATIVES_DIR), Path(settings.ORIGINALS_DIR)):
        for folder in root.iterdir() if root.is_dir() else ():
            # Numbers are never given again; a higher one than all that are known is of another database.
            if folder.name.isdecimal() and int(folder.name) not in ids and int(folder.name) < max(ids, default=0):
                shutil.rmtree(folder, ignore_errors=True)


def _write_and_read(bucket: Bucket, *, keep: bool = False) -> str:
    """Writes a small object and reads it back; its key."""
    store, content = open_store(bucket), secrets.token_bytes(16)
    key = f"{_PROBES}/{secrets.token_hex(8)}"
    store.put(key, content)
    try:
        _, parts = store.get(key)
        answer = b"".join(parts)
    except FileNotFoundError:
        answer = b""
    if answer != content:
        raise BucketUnavailable("What was written came back changed, or not at all.")
    if not keep:
        store.delete([key])
    return key


def _status_of(address: str) -> int:
    """Return the HTTP status that a browser would get; 0 where nothing answers."""
    import httpx2  # takes long to load, and only the doctor asks

    try:
        return httpx2.get(address, timeout=_SIGNED_SECONDS).status_code
    except httpx2.HTTPError:
        return 0


@dataclass(frozen=True, slots=True)
class _File:
    key: str
    path: Path
    byte_size: int
    used_at: float


def _files(kind: str, dataset_id: int) -> Iterator[_File]:
    """Files of a dataset that lie here, but for those that are being written."""
    folder = Path(settings.DERIVATIVES_DIR if kind == sync.DERIVATIVES else settings.ORIGINALS_DIR) / str(dataset_id)
    for path in folder.rglob("*"):
        below = path.relative_to(folder)
        if any(part.startswith(".") for part in below.parts) or path.is_symlink() or not path.is_file():
            continue
        status = path.stat()
        key = f"{kind}/{dataset_id}/{below.as_posix()}"
        yield _File(key, path, status.st_size, max(status.st_atime, status.st_mtime))
