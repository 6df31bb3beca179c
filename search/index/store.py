"""Files of index versions: written aside, verified, renamed into place, opened only when they match their manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from search.errors import IndexDamaged
from search.index.base import VectorIndex
from search.index.faiss_flat import IDS_FILE, INDEX_FILE, FaissFlatBackend
from search.storage import atomic_folder, sha256_of
from search.values import Float16Array, Int64Array

MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the files of a version must be."""

    encoder: str
    dimension: int
    count: int
    sha256: dict[str, str]


def publish(folder: Path, encoder: str, dimension: int, chunks: Iterable[tuple[Int64Array, Float16Array]]) -> Manifest:
    """Builds the index in a folder aside, verifies it by opening it, and renames it to `folder`.

    Raises IndexDamaged when what was written does not read back.
    """
    backend = FaissFlatBackend()
    with atomic_folder(folder) as temporary:
        count = backend.build(temporary, dimension, chunks)
        sums = {name: sha256_of(temporary / name) for name in (INDEX_FILE, IDS_FILE)}
        manifest = Manifest(encoder, dimension, count, sums)
        (temporary / MANIFEST_FILE).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
        _check_opened(temporary, manifest, backend.open(temporary))
    return manifest


def open_verified(folder: Path) -> VectorIndex:
    """The index of a published version. Raises IndexDamaged, which names the folder and the way out."""
    try:
        manifest = _verified(folder)
        index = FaissFlatBackend().open(folder)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise IndexDamaged(_damage(folder, str(error))) from error
    _check_opened(folder, manifest, index)
    return index


def is_intact(folder: Path) -> bool:
    """Whether the files of a published version are what was written."""
    try:
        _verified(folder)
    except (OSError, ValueError, TypeError, IndexDamaged):
        return False
    return True


def _verified(folder: Path) -> Manifest:
    manifest = Manifest(**json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8")))
    for name, expected in manifest.sha256.items():
        if sha256_of(folder / name) != expected:
            raise IndexDamaged(_damage(folder, f"{name} is not what was written"))
    return manifest


def _check_opened(folder: Path, manifest: Manifest, index: VectorIndex) -> None:
    ids = index.image_ids
    if not index.count == len(ids) == manifest.count:
        raise IndexDamaged(_damage(folder, f"{index.count} vectors and {len(ids)} ids, {manifest.count} expected"))
    if len(np.unique(ids)) != len(ids):
        raise IndexDamaged(_damage(folder, "an image id stands in it twice"))


def _damage(folder: Path, what: str) -> str:
    return f"The index in {folder} is damaged: {what}. Rebuild it with manage.py reindex."
