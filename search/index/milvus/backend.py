"""Index versions in Milvus, which many machines share; a version's folder keeps its ids and says where it is."""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from search.errors import IndexDamaged, ServiceUnavailable
from search.index.base import Change, Content
from search.index.milvus import rows as milvus_rows
from search.index.milvus.address import MilvusAddress, parse
from search.index.milvus.client import MilvusServer
from search.index.milvus.index import MilvusIndex
from search.index.milvus.kinds import Kind, kind_for
from search.index.milvus.tuning import HITS, Truth, tune
from search.values import Float32Array, Int64Array

BACKEND = "milvus"
LARGEST_SHARE = 0.3
"""Of a collection: when more is to change, a new one is built, and the old one goes with its versions."""

_WRITTEN = 1000
"""Rows in one call: a few megabytes."""

_ROWS_A_SHARD = 25_000_000
_MOST_SHARDS = 16
"""As servers are set up."""

_FIRST_VERSION = 1
_IDS_FILE = "ids.npy"
_PLACE_FILE = "milvus.json"
"""Which version of which collection it is, for those beside it, which may share the rows."""


class MilvusBackend:
    """A collection holds versions of one dataset under one encoder, each row from its first version to its last."""

    def __init__(self, address: MilvusAddress, target_recall: float) -> None:
        self.server = MilvusServer(address)
        self._target = target_recall

    def build(self, folder: Path, content: Content) -> dict[str, Any]:
        """Builds as the protocol says; drops collections that earlier builds of the dataset left unpublished."""
        self._sweep(folder)
        # Random, and known by the file beside the versions: a copy of the site for trials may use the same server.
        collection = f"{alias_of(folder)}_{secrets.token_hex(6)}"
        _unfinished_file(folder, collection).touch()
        halves = self.server.halves
        self.server.create(
            collection,
            lambda schema: milvus_rows.describe(schema, content.dimension, halves=halves),
            shards=min(math.ceil(len(content.image_ids) / _ROWS_A_SHARD), _MOST_SHARDS),
        )
        return self._fill(folder, content, collection, halves=halves)

    def extend(
        self, folder: Path, content: Content, change: Change, previous: Path, notes: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Extends as the protocol says, after undoing what a failed attempt wrote behind the version before."""
        collection, before = notes["collection"], notes["version"]
        previous_ids = _ids(previous)
        changes = len(change.added) + len(change.removed)
        newest = max(_versions(folder, collection), default=before)
        if (
            changes > LARGEST_SHARE * len(previous_ids)
            or before != newest  # after going back, rows of the versions after `before` are still needed
            or before == milvus_rows.LAST_VERSION
            or kind_for(len(content.image_ids)).name != notes["kind"]
            or not self.server.has(collection)
        ):
            return None
        self.server.load(collection)
        self._undo(collection, before)
        now = before + 1
        self._close_rows(collection, before, change.removed)
        halves = self.server.halves
        added = [np.empty(0, np.int64)]
        for chunk, rows in milvus_rows.rows(content, change.added, now, halves=halves):
            self._write(collection, rows)
            added.append(chunk.image_ids)
        self.server.flush(collection)
        remaining = np.setdiff1d(previous_ids, change.removed, assume_unique=True)
        _write_folder(folder, np.union1d(remaining, np.concatenate(added)), collection, now)
        return {**{key: notes[key] for key in _KEPT_NOTES}, "dimension": content.dimension, "version": now}

    def open(self, folder: Path, notes: dict[str, Any]) -> MilvusIndex:
        collection = notes["collection"]
        if not self.server.has(collection):
            raise IndexDamaged(f"Milvus at {self.server.address.shown} has no collection {collection}.")
        self.server.load(collection)
        kind = Kind(notes["kind"], notes["width"])
        return MilvusIndex(self.server, collection, notes["version"], kind, notes["dimension"], _ids(folder))

    def discard(self, folder: Path, notes: dict[str, Any]) -> None:
        """Drops the collection with its last version, else the rows that no other version of it holds."""
        collection = notes["collection"]
        if not self.server.has(collection):
            return
        others = sorted(_versions(folder, collection) - {notes["version"]})
        if not others:
            self.server.drop(collection)
            _unfinished_file(folder, collection).unlink(missing_ok=True)
            return
        self.server.load(collection)
        for earlier, later in zip([0, *others], others, strict=False):
            self.server.delete(collection, f"first_version > {earlier} and last_version <= {later}")

    def announce(self, folder: Path, notes: dict[str, Any]) -> None:
        """Points the dataset's alias at the collection of this version, in one step.

        The newest version's rows are those whose `last_version` is `milvus_rows.OPEN`.
        """
        self.server.point_alias(alias_of(folder), notes["collection"])

    def _fill(self, folder: Path, content: Content, collection: str, *, halves: bool) -> dict[str, Any]:
        kind = kind_for(len(content.image_ids))
        truth = Truth(content) if kind.name != "flat" else None
        ids = [np.empty(0, np.int64)]
        for chunk, rows in milvus_rows.rows(content, None, _FIRST_VERSION, halves=halves):
            self._write(collection, rows)
            ids.append(chunk.image_ids)
            if truth is not None:
                truth.compare(chunk)
        self.server.flush(collection)
        self.server.make_indexes(
            collection, [kind.index(), {"field_name": "image_id", "index_type": "INVERTED", "index_name": "image_id"}]
        )
        self.server.load(collection)
        _write_folder(folder, np.concatenate(ids), collection, _FIRST_VERSION)
        recall = 1.0
        if truth is not None:
            kind, recall = tune(kind, truth, self._target, partial(self._nearest, collection))
        return {
            "backend": BACKEND,
            "collection": collection,
            "version": _FIRST_VERSION,
            "kind": kind.name,
            "width": kind.width,
            "dimension": content.dimension,
            "recall_at_10": recall,
            "target_recall": self._target,
        }

    def _nearest(self, collection: str, kind: Kind, query: Float32Array) -> Int64Array:
        vector = query.astype(np.float16 if self.server.halves else np.float32)
        expression, k = milvus_rows.visible(_FIRST_VERSION), HITS + 1
        hits = self.server.search(collection, [vector], k, expression, kind.parameters(k), fresh=True)[0]
        return np.array([milvus_rows.image_of(row) for row, _ in hits], np.int64)

    def _write(self, collection: str, rows: list[dict[str, Any]]) -> None:
        for start in range(0, len(rows), _WRITTEN):
            self.server.upsert(collection, rows[start : start + _WRITTEN])

    def _undo(self, collection: str, version: int) -> None:
        self.server.delete(collection, f"first_version > {version}")
        while True:
            closed = f"last_version > {version} and last_version < {milvus_rows.OPEN}"
            rows = self.server.rows(collection, closed, ["*"], most=_WRITTEN)
            if not rows:
                return
            self._write(collection, [{**row, "last_version": milvus_rows.OPEN} for row in rows])

    def _close_rows(self, collection: str, before: int, image_ids: Int64Array) -> None:
        """The version after `before` no longer has these; versions until then keep them."""
        for start in range(0, len(image_ids), _WRITTEN):
            some = milvus_rows.among(image_ids[start : start + _WRITTEN])
            rows = self.server.rows(collection, f"{milvus_rows.visible(before)} and {some}", ["*"])
            self._write(collection, [{**row, "last_version": before + 1} for row in rows])

    def _sweep(self, folder: Path) -> None:
        """Drops unpublished collections that this dataset's folder names; others may have collections of like names."""
        published = {place["collection"] for place in _places_beside(folder)}
        for file in folder.parent.glob(_unfinished_file(folder, "*").name):
            if file.stem not in published and self.server.has(file.stem):
                self.server.drop(file.stem)
            file.unlink()


_KEPT_NOTES = ("backend", "collection", "kind", "width", "recall_at_10", "target_recall")


def from_settings() -> MilvusBackend:
    """The backend that `CLIPSITE_VECTORS` names; raises ServiceUnavailable when it names none."""
    address = parse(settings.VECTORS)
    if address is None:
        raise ServiceUnavailable(
            "This index is in Milvus, but CLIPSITE_VECTORS names none. "
            f"Set it to the address of that Milvus, or build the index again with {settings.COMMAND} reindex."
        )
    return MilvusBackend(address, settings.INDEX_RECALL)


def alias_of(folder: Path) -> str:
    """Return the name under which other clients find the live version of a dataset, whose versions lie beside it."""
    return f"clipsite_{re.sub(r'[^A-Za-z0-9]', '_', folder.parent.name)}"


def _unfinished_file(folder: Path, collection: str) -> Path:
    """Stands beside the versions before a collection is made, until a later build finds it published or drops it."""
    return folder.parent / f"{collection}.unfinished"


def _versions(folder: Path, collection: str) -> set[int]:
    return {place["version"] for place in _places_beside(folder) if place["collection"] == collection}


def _ids(folder: Path) -> Int64Array:
    ids: Int64Array = np.load(folder / _IDS_FILE, mmap_mode="r")
    return ids


def _write_folder(folder: Path, image_ids: Int64Array, collection: str, version: int) -> None:
    np.save(folder / _IDS_FILE, image_ids)
    place = {"collection": collection, "version": version}
    (folder / _PLACE_FILE).write_text(json.dumps(place), encoding="utf-8")


def _places_beside(folder: Path) -> Iterator[dict[str, Any]]:
    """The places of the dataset's published versions; the folder of an unfinished one begins with a dot."""
    for file in folder.parent.glob(f"[!.]*/{_PLACE_FILE}"):
        yield json.loads(file.read_text(encoding="utf-8"))
