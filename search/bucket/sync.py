"""The site's own pictures, here and in the bucket: which file is which object, put there, fetched from there, deleted.

Without a bucket (`CLIPSITE_OBJECTS`) every function leaves things as they are and asks nobody.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from django.conf import settings

from search.batches import batched
from search.bucket.address import Bucket
from search.bucket.client import QUICK, ObjectStore, StoredObject, open_store, unavailable
from search.bucket.presign import SignedUrl, address_of
from search.errors import BucketUnavailable
from search.files import paths
from search.files.atomic import atomic_file
from search.models import Dataset

DERIVATIVES, ORIGINALS = "derivatives", "originals"

_AT_ONCE = 8
_DELETE_BATCH = 1000
_RECHECK_SECONDS = 5.0
"""Seconds for which a bucket that answered is taken to answer, or not."""


def is_synced(dataset: Dataset) -> bool:
    """Return whether the bucket has all pictures of the dataset that are the site's own."""
    return settings.OBJECTS is not None and dataset.bucket == settings.OBJECTS.address


def bucket_address() -> str:
    """Return what `Dataset.bucket` says of datasets whose pictures are all there; empty without a bucket."""
    return settings.OBJECTS.address if settings.OBJECTS else ""


def key_of(path: Path) -> str | None:
    """The object that a file is; None for what is not the site's own, as photos in a folder of the server."""
    for kind, folder in ((DERIVATIVES, settings.DERIVATIVES_DIR), (ORIGINALS, settings.ORIGINALS_DIR)):
        for root in (Path(folder), Path(folder).resolve()):  # the folder may be a link to another disk
            if path.is_relative_to(root):
                return f"{kind}/{path.relative_to(root).as_posix()}"
    return None


def send(paths: Sequence[Path]) -> None:
    """Puts files into the bucket; may run twice. Raises BucketUnavailable."""
    if settings.OBJECTS is not None:
        _for_each(_send_file, paths)


def send_new(path: Path) -> None:
    """Puts a file that just came into the bucket; where it cannot be put there, it is deleted here."""
    try:
        send([path])
    except BucketUnavailable:
        # The walk lists the originals of a synced dataset in the bucket, so a file that lies only here would be lost.
        path.unlink(missing_ok=True)
        raise


def fetch(path: Path) -> Path:
    """Return the same path, at which the file lies now if it lies anywhere. Raises BucketUnavailable, DiskFull."""
    fetch_all([path])
    return path


def fetch_all(paths: Sequence[Path]) -> None:
    """Fetches the files that do not lie here. Raises BucketUnavailable, DiskFull."""
    if settings.OBJECTS is not None:
        _for_each(_fetch_file, [path for path in paths if not path.exists() and key_of(path)])


def read_head(path: Path, most_bytes: int) -> bytes | None:
    """The first bytes of the object that a file is; None where there is none. Raises BucketUnavailable."""
    key = key_of(path)
    if settings.OBJECTS is None or key is None:
        return None
    try:
        return _store().beginning(key, most_bytes)
    except FileNotFoundError:
        return None


def is_stored(path: Path) -> bool:
    """Return whether the bucket has the file. Raises BucketUnavailable."""
    key = key_of(path) if settings.OBJECTS is not None else None
    return key is not None and _store().look(key) is not None


def delete(path: Path) -> None:
    """Deletes a file here and in the bucket. Raises BucketUnavailable."""
    key = key_of(path)
    if settings.OBJECTS is not None and key is not None:
        _store().delete([key])
    path.unlink(missing_ok=True)


def derived_checksums(dataset_id: int, beginning: str, wanted: set[str]) -> set[str]:
    """Checksums with these first two digits whose derivative lies here; where some are wanted that do not, or there."""
    local = paths.derived_checksums(dataset_id, beginning)
    if settings.OBJECTS is None or wanted <= local:
        return local
    folder = f"{DERIVATIVES}/{dataset_id}/{beginning}"
    return local | {PurePosixPath(stored.key).stem for stored in _store().below(folder)}


def list_objects(kind: str, dataset_id: int) -> Iterator[StoredObject]:
    """The derivatives or originals of a dataset in the bucket. Raises BucketUnavailable."""
    return _store().below(f"{kind}/{dataset_id}")


def delete_dataset(dataset_id: int, each_page: Callable[[], None]) -> None:
    """Deletes every object of a dataset; may run twice. Raises BucketUnavailable."""
    if settings.OBJECTS is None:
        return
    for kind in (DERIVATIVES, ORIGINALS):
        keys = (stored.key for stored in list_objects(kind, dataset_id))
        for page in batched(keys, _DELETE_BATCH):
            _store().delete(page)
            each_page()


def sign(path: Path, content_type: str, disposition: str, cache: str) -> SignedUrl | None:
    """The address under which a browser gets the file from the bucket; None where there is no bucket, or no answer."""
    key = key_of(path)
    if settings.OBJECTS is None or key is None or not is_reachable():
        return None
    # The bucket tells type and caching by the address, since only decoding has shown what a file is.
    parameters = {"response-content-type": content_type, "response-cache-control": cache}
    if disposition:
        parameters["response-content-disposition"] = disposition
    return address_of(settings.OBJECTS, key, parameters, time.time())


def is_reachable() -> bool:
    """Return whether the bucket answers, as somebody found a few seconds ago; True without one."""
    return settings.OBJECTS is None or _answers.of(settings.OBJECTS)


class _Answers:
    """The last answer on whether the bucket is there; one thread at a time asks anew while others take the last."""

    def __init__(self) -> None:
        self._checking = threading.Lock()
        self._bucket: Bucket | None = None
        self._checked_at = 0.0
        self._answer = False

    def of(self, bucket: Bucket) -> bool:
        if self._is_known(bucket) or not self._checking.acquire(blocking=bucket != self._bucket):
            return self._answer
        try:
            if not self._is_known(bucket):
                self._answer = open_store(bucket, QUICK).answers()
                self._bucket, self._checked_at = bucket, time.monotonic()
            return self._answer
        finally:
            self._checking.release()

    def _is_known(self, bucket: Bucket) -> bool:
        return bucket == self._bucket and time.monotonic() - self._checked_at < _RECHECK_SECONDS


_answers = _Answers()


def _store() -> ObjectStore:
    """Return the store; raises BucketUnavailable at once where the bucket is known to be away."""
    if not is_reachable():
        raise unavailable("does not answer")
    assert settings.OBJECTS is not None  # noqa: S101 - callers looked
    return open_store(settings.OBJECTS)


def _send_file(path: Path) -> None:
    key = key_of(path)
    assert key is not None, path  # noqa: S101 - only the site's own files are written here
    _store().put(key, path)
    if key.startswith(ORIGINALS):
        # The walk tells changed files by their time, which must be the same wherever the file lies.
        stored = _store().look(key)
        if stored is not None:
            os.utime(path, ns=(time.time_ns(), stored.modified_ns))


def _fetch_file(path: Path) -> None:
    """Downloads a file; does nothing where the bucket does not have it either."""
    key = key_of(path)
    assert key is not None, path  # noqa: S101 - callers looked
    try:
        stored, parts = _store().get(key)
    except FileNotFoundError:
        return
    with atomic_file(path) as file:
        for part in parts:
            file.write(part)
    os.utime(path, ns=(time.time_ns(), stored.modified_ns))


def _for_each(work: Callable[[Path], None], paths: Sequence[Path]) -> None:
    """Does the work for several files at a time, since each waits for an answer; begins none after one that failed."""
    if len(paths) == 1:
        work(paths[0])
        return
    if not paths:
        return
    pool = ThreadPoolExecutor(min(_AT_ONCE, len(paths)), thread_name_prefix="objects")
    try:
        for _ in pool.map(work, paths):
            pass
    finally:
        pool.shutdown(cancel_futures=True)
