"""Arrays that are computed once and kept on disk."""

from __future__ import annotations

import fcntl
import logging
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from search.files.atomic import atomic_file
from search.values import Float32Array

logger = logging.getLogger(__name__)


def load_or_compute(path: Path, compute: Callable[[], Float32Array]) -> Float32Array:
    """Return the array in the file, or else what `compute` returns, which is then written there.

    A damaged file is replaced. One process computes while others wait for its file: a new site opens the same encoder
    in several at once. Raises DiskFull.
    """
    vectors = _read(path)
    if vectors is not None:
        return vectors
    path.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(path.with_name(f".{path.name}.lock")):
        vectors = _read(path)
        if vectors is None:
            vectors = compute()
            with atomic_file(path) as file:
                np.savez(file, vectors=vectors)
    return vectors


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    """Holds a lock on the file for the `with` block.

    The file stays: whoever deleted it would leave those who wait with the lock of a file that nobody finds any more.
    """
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> Float32Array | None:
    """The matrix, or None where there is none or the file is damaged; the archive's checksum tells."""
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            vectors: Float32Array = archive["vectors"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        logger.warning("%s is damaged and will be computed anew: %s", path, error)
        return None
    return vectors
