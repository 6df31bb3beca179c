"""Index versions as files that FAISS searches on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from search.index.base import Change, Content
from search.index.check import check_chunks
from search.index.faiss import flat, ivf, policy
from search.index.faiss.index import Part, SegmentedIndex
from search.index.faiss.segment import Mask, Segment, ids_file, index_file
from search.index.faiss.tuning import tune
from search.values import Int64Array

BACKEND = "faiss"
FEWEST_TO_EXTEND = 20_000
"""A smaller version is built anew before anybody notices."""

LARGEST_SHARE = 0.1
"""Of the large segment: when more than this was added or removed since it was built, all is built anew."""

_BASE, _ADDED = 0, 1


def removed_file(folder: Path) -> Path:
    return folder / "removed.npy"


class FaissBackend:
    """Versions of one segment, exact or with inverted lists by its size, and an exact one of what was added later."""

    def __init__(self, target_recall: float) -> None:
        self._target = target_recall

    def build(self, folder: Path, content: Content) -> dict[str, Any]:
        expected = len(content.image_ids)
        chunks = check_chunks(content.chunks(), content.dimension)
        if policy.choose(expected, content.dimension) == flat.KIND:
            return self._notes([flat.write(folder, _BASE, content.dimension, chunks)], content)
        notes = ivf.write(folder, _BASE, content.dimension, chunks, expected)
        segment = ivf.IvfSegment(folder, _BASE, content.dimension, {})
        return self._notes([notes | tune(segment, self._target, content.sample_queries()).as_notes()], content)

    def extend(
        self, folder: Path, content: Content, change: Change, previous: Path, notes: dict[str, Any]
    ) -> dict[str, Any] | None:
        base = np.load(ids_file(previous, _BASE), mmap_mode="r")
        removed = np.union1d(_removed_ids(previous), np.intersect1d(base, change.removed))
        remaining = np.setdiff1d(base, removed)
        added = np.setdiff1d(content.image_ids, remaining)
        if len(base) < FEWEST_TO_EXTEND or max(len(added), len(removed)) > LARGEST_SHARE * len(base):
            return None
        for file in _files(previous, notes["segments"][_BASE]["kind"]):
            _link(file, folder / file.name)
        np.save(removed_file(folder), removed)
        segments = [notes["segments"][_BASE]]
        if len(added):
            chunks = check_chunks(content.chunks(added), content.dimension)
            segments.append(flat.write(folder, _ADDED, content.dimension, chunks))
        return self._notes(segments, content)

    def open(self, folder: Path, notes: dict[str, Any]) -> SegmentedIndex:
        dimension = notes["dimension"]
        parts = [
            Part(_open_segment(folder, number, dimension, segment)) for number, segment in enumerate(notes["segments"])
        ]
        removed = _removed_ids(folder)
        if len(removed):
            parts[_BASE] = Part(parts[_BASE].segment, _mask_without(parts[_BASE].segment.image_ids, removed))
        return SegmentedIndex(parts, dimension)

    def announce(self, folder: Path, notes: dict[str, Any]) -> None:
        """Does nothing: no other client reads these files."""

    def discard(self, folder: Path, notes: dict[str, Any]) -> None:
        """Does nothing: no part of a version lies outside its folder."""

    def _notes(self, segments: list[dict[str, Any]], content: Content) -> dict[str, Any]:
        recall = segments[_BASE].get("recall") or {"10": 1.0}
        return {
            "backend": BACKEND,
            "kind": segments[_BASE]["kind"],
            "dimension": content.dimension,
            "recall_at_10": recall["10"],
            "target_recall": self._target,
            "segments": segments,
        }


def _open_segment(folder: Path, number: int, dimension: int, notes: dict[str, Any]) -> Segment:
    if notes["kind"] == flat.KIND:
        return flat.FlatSegment(folder, number, dimension)
    probes = {int(hits): lists for hits, lists in notes["probes"].items()}
    return ivf.IvfSegment(folder, number, dimension, probes)


def _files(folder: Path, kind: str) -> list[Path]:
    files = [index_file(folder, _BASE), ids_file(folder, _BASE)]
    return files if kind == flat.KIND else [*files, ivf.vectors_file(folder, _BASE)]


def _removed_ids(folder: Path) -> Int64Array:
    """Ids that the large segment holds and the version does not, ascending."""
    path = removed_file(folder)
    ids: Int64Array = np.load(path) if path.exists() else np.empty(0, np.int64)
    return ids


def _mask_without(image_ids: Int64Array, removed: Int64Array) -> Mask:
    return Mask(~np.isin(image_ids, removed, assume_unique=True))


def _link(source: Path, target: Path) -> None:
    """Gives a file a second name, so that either version may be removed; copies it where links cannot be had."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
