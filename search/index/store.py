"""Files of index versions: written aside, verified, renamed into place, opened only when they match their manifest."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from search.errors import IndexDamaged, UserError
from search.files.atomic import atomic_folder, sha256_of, sync_file, sync_folder
from search.index.backends import backend_by_name, default_backend_name
from search.index.base import Change, Content, VectorIndex
from search.values import Int64Array, UInt64Array

logger = logging.getLogger(__name__)

MANIFEST_FILE = "manifest.json"
IDS_FILE = "image_ids.npy"
CHECKSUMS_FILE = "checksums.npy"
_GOLDEN_QUERIES = 16
_ITSELF = 0.99
"""Cosine of a vector with itself, after what rounding may take away."""


def publish(folder: Path, content: Content, previous: Path | None = None) -> dict[str, Any]:
    """Builds a version in a folder aside, from the one in `previous` where that is quicker; verifies and renames it.

    The manifest, which is returned, is written last. Raises IndexDamaged when what was written does not read back.
    """
    with atomic_folder(folder) as temporary:
        notes: dict[str, Any] = {"encoder": content.encoder, "dimension": content.dimension}
        notes |= _build(temporary, content, previous)
        index = backend_by_name(notes["backend"]).open(temporary, notes)
        try:
            notes["count"] = index.count
            _write_contents(temporary, index.image_ids, content)
            _check(temporary, index, notes)
            _check_golden_queries(temporary, index, content)
        finally:
            index.close()
        files = [file for file in temporary.iterdir() if file.is_file()]
        for file in files:
            sync_file(file)
        notes["bytes"] = sum(file.stat().st_size for file in files)
        notes["sha256"] = {file.name: sha256_of(file) for file in sorted(files)}
        sync_folder(temporary)
        # Last, since it has the checksums of all other files.
        (temporary / MANIFEST_FILE).write_text(json.dumps(notes, indent=1), encoding="utf-8")
    return notes


def open_verified(folder: Path, encoder: str, dimension: int) -> VectorIndex:
    """The index of a published version, which must be of this encoder.

    Raises IndexDamaged, which names the folder and the way out, or ServiceUnavailable: a server of vectors is away.
    """
    try:
        notes = _verify(folder)
        if (notes["encoder"], notes["dimension"]) != (encoder, dimension):
            raise IndexDamaged(
                _damage_message(folder, f"it is of {notes['encoder']} with {notes['dimension']} dimensions")
            )
        index = backend_by_name(notes["backend"]).open(folder, notes)
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise IndexDamaged(_damage_message(folder, str(error))) from error
    _check(folder, index, notes)
    return index


def is_intact(folder: Path) -> bool:
    """Return whether the files of a published version are what was written."""
    try:
        _verify(folder)
    except (OSError, ValueError, TypeError, KeyError, IndexDamaged):
        return False
    return True


def contents(folder: Path) -> tuple[Int64Array, UInt64Array]:
    """Image ids of a published version, ascending, and the first 64 bits of their checksums; raises OSError."""
    return np.load(folder / IDS_FILE), np.load(folder / CHECKSUMS_FILE)


def discard(folder: Path) -> None:
    """Removes a version with everything that it has elsewhere."""
    try:
        notes = _manifest(folder)
    except (OSError, ValueError):
        notes = {}
    if "backend" in notes:
        backend_by_name(notes["backend"]).discard(folder, notes)
    shutil.rmtree(folder, ignore_errors=True)


def announce(folder: Path) -> None:
    """Names a version as the live one to other clients of its server, where it has one; for this site SQL decides."""
    try:
        notes = _manifest(folder)
        backend_by_name(notes["backend"]).announce(folder, notes)
    except (OSError, ValueError, UserError) as error:
        logger.warning("other clients were not told of the version in %s: %s", folder, error)


def _build(folder: Path, content: Content, previous: Path | None) -> dict[str, Any]:
    backend_name = default_backend_name()
    backend = backend_by_name(backend_name)
    if previous is not None and is_intact(previous):
        notes = _manifest(previous)
        same = (notes["encoder"], notes["dimension"]) == (content.encoder, content.dimension)
        if same and notes["backend"] == backend_name:
            extended = backend.extend(folder, content, _change(previous, content), previous, notes)
            if extended is not None:
                return extended
            _empty(folder)
    return backend.build(folder, content)


def _change(previous: Path, content: Content) -> Change:
    ids, checksums = contents(previous)
    _, before, now = np.intersect1d(ids, content.image_ids, assume_unique=True, return_indices=True)
    changed = ids[before[checksums[before] != content.checksums[now]]]
    added = np.union1d(np.setdiff1d(content.image_ids, ids, assume_unique=True), changed)
    removed = np.union1d(np.setdiff1d(ids, content.image_ids, assume_unique=True), changed)
    return Change(added, removed)


def _write_contents(folder: Path, image_ids: Int64Array, content: Content) -> None:
    """Writes the ids and checksums with which the next version is compared."""
    np.save(folder / IDS_FILE, image_ids)
    # 64 of 256 bits: enough to see that a picture is another one, and 8 MB for a million images.
    np.save(folder / CHECKSUMS_FILE, content.checksums[np.searchsorted(content.image_ids, image_ids)])


def _manifest(folder: Path) -> dict[str, Any]:
    notes: dict[str, Any] = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    return notes


def _verify(folder: Path) -> dict[str, Any]:
    notes = _manifest(folder)
    for name, expected in notes["sha256"].items():
        if sha256_of(folder / name) != expected:
            raise IndexDamaged(_damage_message(folder, f"{name} is not what was written"))
    return notes


def _check(folder: Path, index: VectorIndex, notes: dict[str, Any]) -> None:
    ids = index.image_ids
    if not index.count == len(ids) == notes["count"]:
        raise IndexDamaged(
            _damage_message(folder, f"{index.count} vectors and {len(ids)} ids, {notes['count']} expected")
        )
    if index.dimension != notes["dimension"]:
        raise IndexDamaged(_damage_message(folder, f"its vectors have {index.dimension} dimensions"))
    if np.any(ids[1:] == ids[:-1]):
        raise IndexDamaged(_damage_message(folder, "an image id stands in it twice"))


def _check_golden_queries(folder: Path, index: VectorIndex, content: Content) -> None:
    """Searches with some of its own vectors, read from the database once more, which must find themselves."""
    places = np.unique(np.linspace(0, max(index.count - 1, 0), _GOLDEN_QUERIES).astype(np.int64))[: index.count]
    for chunk in content.chunks(index.image_ids[places]):
        for image_id, vector in zip(chunk.image_ids, chunk.vectors.astype(np.float32), strict=True):
            best = index.search(vector, 1)
            # Another image with the same content may come first; its vector is as good.
            if not best or best[0].score < _ITSELF:
                raise IndexDamaged(_damage_message(folder, f"image {image_id} does not find itself"))


def _empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def _damage_message(folder: Path, what: str) -> str:
    return f"The index in {folder} is damaged: {what}. Rebuild it with {settings.COMMAND} reindex."
