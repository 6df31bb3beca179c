"""Exact search over float16 vectors with FAISS; the only module that imports faiss."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from search.index.base import Criteria, Selection
from search.values import BoolArray, Float16Array, Float32Array, Int64Array, Match, Report, no_report

INDEX_FILE = "index.faiss"
IDS_FILE = "image_ids.npy"
_NEIGHBOUR_ROWS = 1024


class _FlatSelection:
    def __init__(self, mask: BoolArray) -> None:
        self.mask = mask
        self.count = int(mask.sum())


class FaissFlatIndex:
    """Inner product over unit vectors, scored exactly; files are memory-mapped where FAISS can."""

    def __init__(self, index: Any, image_ids: Int64Array) -> None:
        self._index = index
        self._image_ids = image_ids
        self._hidden = np.zeros(len(image_ids), bool)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def count(self) -> int:
        return int(self._index.ntotal)

    @property
    def image_ids(self) -> Int64Array:
        return self._image_ids

    def select(self, criteria: Criteria) -> Selection:
        return _FlatSelection(np.isin(self._image_ids, criteria.image_ids()))

    def hide(self, image_ids: Iterable[int]) -> None:
        self._hidden = self._hidden | np.isin(self._image_ids, np.fromiter(image_ids, np.int64))

    def show_hidden(self) -> None:
        self._hidden = np.zeros(len(self._image_ids), bool)

    def close(self) -> None:
        self._index = None

    def search(self, query: Float32Array, k: int, selection: Selection | None = None) -> list[Match]:
        faiss: Any = import_module("faiss")
        shown = ~self._hidden
        if isinstance(selection, _FlatSelection):
            shown = shown & selection.mask
        k = min(k, int(shown.sum()))
        if k < 1:
            return []
        bits = np.packbits(shown, bitorder="little")
        parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        scores, positions = self._index.search(np.ascontiguousarray(query[None, :], np.float32), k, params=parameters)
        return [
            Match(int(self._image_ids[position]), float(score))
            for position, score in zip(positions[0], scores[0], strict=True)
            if position >= 0
        ]

    def neighbours(self, k: int, report: Report = no_report) -> tuple[Int64Array, Float32Array]:
        k = min(k, self.count)
        positions = np.empty((self.count, k), np.int64)
        scores = np.empty((self.count, k), np.float32)
        for start in range(0, self.count, _NEIGHBOUR_ROWS):
            rows = min(_NEIGHBOUR_ROWS, self.count - start)
            vectors = self._index.reconstruct_n(start, rows)
            scores[start : start + rows], positions[start : start + rows] = self._index.search(vectors, k)
            report(0, self.count)  # the layout that follows is the work that counts
        return positions, scores


class FaissFlatBackend:
    """Flat float16: exact, and the fastest choice up to some hundred thousand vectors."""

    def build(self, folder: Path, dimension: int, chunks: Iterable[tuple[Int64Array, Float16Array]]) -> int:
        import faiss

        index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        all_ids = [np.empty(0, np.int64)]
        for ids, vectors in chunks:
            index.add(vectors.astype(np.float32))
            all_ids.append(ids)
        faiss.write_index(index, str(folder / INDEX_FILE))
        np.save(folder / IDS_FILE, np.concatenate(all_ids))
        return int(index.ntotal)

    def open(self, folder: Path) -> FaissFlatIndex:
        import faiss

        index = faiss.read_index(str(folder / INDEX_FILE), faiss.IO_FLAG_MMAP_IFC)
        return FaissFlatIndex(index, np.load(folder / IDS_FILE, mmap_mode="r"))
