"""The calls to the bucket, and what they raise as sentences; the only module that knows the client."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from search.bucket.address import Bucket
from search.errors import BucketUnavailable

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import S3Store

logger = logging.getLogger(__name__)

PATIENT = timedelta(minutes=10)
"""For one object to arrive whole, however large; what stands still for `_STILL` is given up much earlier."""

QUICK = timedelta(seconds=3)
"""For whoever only wants to know whether the bucket answers."""

_CONNECT = timedelta(seconds=3)
_STILL = timedelta(minutes=1)
_RETRIES = 3
_PARTS_AT_ONCE = 2
_PART_BYTES = 1 << 20
_LISTED_AT_ONCE = 1000
_NOWHERE = "clipsite-answers"


class StoredObject(NamedTuple):
    """An object: its key, its size in bytes, and when it was written, in nanoseconds since 1970.

    Whole seconds, since that is all that some answers tell.
    """

    key: str
    byte_size: int
    modified_ns: int


class ObjectStore:
    """One bucket. Every method raises BucketUnavailable where it does not answer or refuses."""

    def __init__(self, bucket: Bucket, patience: timedelta) -> None:
        self._bucket = bucket
        self._store = connect(bucket, patience)

    def put(self, key: str, content: Path | bytes) -> None:
        """Writes an object whole, or anew."""
        import obstore

        with self._calling():
            obstore.put(self._store, key, content, max_concurrency=_PARTS_AT_ONCE)

    def get(self, key: str) -> tuple[StoredObject, Iterator[bytes]]:
        """An object and its content in parts. Raises FileNotFoundError where there is none."""
        import obstore

        with self._calling():
            answer = obstore.get(self._store, key)
            return _object_from(answer.meta), self._parts(iter(answer.stream(_PART_BYTES)))

    def beginning(self, key: str, most_bytes: int) -> bytes:
        """The first bytes of an object. Raises FileNotFoundError."""
        import obstore

        with self._calling():
            return bytes(obstore.get_range(self._store, key, start=0, end=most_bytes))

    def look(self, key: str) -> StoredObject | None:
        """An object without its content; None where there is none."""
        import obstore

        try:
            with self._calling():
                return _object_from(obstore.head(self._store, key))
        except FileNotFoundError:
            return None

    def below(self, folder: str) -> Iterator[StoredObject]:
        """The objects whose key begins with the folder and a slash, in no order."""
        import obstore

        pages = iter(obstore.list(self._store, folder, chunk_size=_LISTED_AT_ONCE))
        while True:
            with self._calling():
                page = next(pages, None)
            if page is None:
                return
            yield from map(_object_from, page)

    def delete(self, keys: Sequence[str]) -> None:
        """Deletes objects; one that is not there is no error."""
        import obstore

        with self._calling():
            obstore.delete(self._store, list(keys))

    def answers(self) -> bool:
        """Return whether anything comes back; a refusal counts as well."""
        import obstore
        from obstore import exceptions

        try:
            obstore.head(self._store, _NOWHERE)
        except (FileNotFoundError, exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
            return True
        except exceptions.BaseError as error:
            self._warn(error)
            return False
        return True

    def _parts(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        while True:
            with self._calling():
                part = next(parts, None)
            if part is None:
                return
            yield part

    def _warn(self, error: Exception) -> None:
        """Logs the first line of an error; the lines after it are about the library itself."""
        logger.warning("the bucket %s: %s", self._bucket.address, first_line(error))

    @contextmanager
    def _calling(self) -> Iterator[None]:
        from obstore import exceptions

        try:
            yield
        except exceptions.BaseError as error:
            self._warn(error)
            is_refusal = isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError)
            raise unavailable("refuses" if is_refusal else "does not answer") from error


def first_line(error: BaseException) -> str:
    """Return what an error of the library says to people."""
    return str(error).partition("\n")[0]


def unavailable(how: str) -> BucketUnavailable:
    """Return the error for a bucket that fails; its address stays in the log, as everybody may read the sentence."""
    return BucketUnavailable(
        f"The bucket that holds the pictures {how}; {settings.COMMAND} doctor says more. "
        "A run that waits for it goes on by itself."
    )


def open_store(bucket: Bucket, patience: timedelta = PATIENT) -> ObjectStore:
    """Return the store of this process, whose connections a forked process cannot use. Raises BucketUnavailable."""
    return _store_of_process(os.getpid(), bucket, patience)


@lru_cache(maxsize=4)
def _store_of_process(process: int, bucket: Bucket, patience: timedelta) -> ObjectStore:
    return ObjectStore(bucket, patience)


def connect(bucket: Bucket, patience: timedelta) -> S3Store:
    """The library's own store. Raises BucketUnavailable where the library is not installed."""
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise BucketUnavailable("CLIPSITE_OBJECTS needs a package: pip install 'clipsite[s3]'.") from error
    is_patient = patience == PATIENT
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        endpoint=bucket.endpoint or bucket.origin,
        region=bucket.region,
        access_key_id=bucket.key,
        secret_access_key=bucket.secret,
        virtual_hosted_style_request=not bucket.endpoint,
        client_options={
            "allow_http": True,
            "timeout": patience,
            "connect_timeout": _CONNECT,
            "read_timeout": min(patience, _STILL),
        },
        retry_config={"max_retries": _RETRIES if is_patient else 0, "retry_timeout": patience},
    )


def _object_from(meta: ObjectMeta) -> StoredObject:
    return StoredObject(meta["path"], meta["size"], int(meta["last_modified"].timestamp()) * 10**9)
