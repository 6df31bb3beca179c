"""Arrays that are computed once and kept on disk."""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from search.values import Float32Array

logger = logging.getLogger(__name__)


def kept_on_disk(path: Path, compute: Callable[[], Float32Array]) -> Float32Array:
    """What `path` holds, or else what `compute` gives, which is then written there; a damaged file is replaced.

    One process computes while others wait for its file: a new site opens the same encoder in several at once.
    """
    vectors = _read(path)
    if vectors is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        turn = path.with_name(f".{path.name}.lock")
        with turn.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            vectors = _read(path)
            if vectors is None:
                vectors = compute()
                _write(path, vectors)
            # Whoever comes between this and the end of the block computes once more, which harms nothing.
            turn.unlink(missing_ok=True)
    return vectors


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


def _write(path: Path, vectors: Float32Array) -> None:
    """Complete or absent, never half: a crash leaves at most a stray temporary file."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            np.savez(file, vectors=vectors)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            temporary.unlink()
            raise
    temporary.replace(path)
