"""Exact search over float16 vectors: every vector is compared with the query."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from search.index.base import Chunk
from search.index.faiss import batched, gpu
from search.index.faiss.parallel import process_search
from search.index.faiss.segment import Mask, every_score, exact_search, ids_file, index_file, search_parameters
from search.index.memmap import MappedVectors
from search.values import Float32Array, Int64Array

KIND = "flat"
_SPARSE = 50
"""Below one allowed vector in this many, collecting these is quicker than passing by the others."""


def write(folder: Path, number: int, dimension: int, chunks: Iterable[Chunk]) -> dict[str, Any]:
    """Writes a segment; returns what the manifest says of it."""
    import faiss

    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    ids = [np.empty(0, np.int64)]
    for chunk in chunks:
        index.add(chunk.vectors.astype(np.float32))
        ids.append(chunk.image_ids)
    faiss.write_index(index, str(index_file(folder, number)))
    np.save(ids_file(folder, number), np.concatenate(ids))
    return {"kind": KIND, "count": int(index.ntotal)}


class FlatSegment:
    """The codes of FAISS's file are the float16 vectors themselves, so the file is read in two ways and held once."""

    def __init__(self, folder: Path, number: int, dimension: int) -> None:
        import faiss

        # IFC, since plain IO_FLAG_MMAP maps inverted lists and graphs only and reads a flat index into memory.
        self._index = faiss.read_index(str(index_file(folder, number)), faiss.IO_FLAG_MMAP_IFC)
        self.image_ids: Int64Array = np.load(ids_file(folder, number), mmap_mode="r")
        self._vectors = MappedVectors(index_file(folder, number), int(self._index.ntotal), dimension)
        self._searcher = gpu.Searcher(self._index, self._vectors)

    @property
    def compares_all(self) -> bool:
        return not self._searcher.is_on_gpu

    def search(self, queries: Float32Array, k: int, mask: Mask | None) -> tuple[Int64Array, Float32Array]:
        queries = np.ascontiguousarray(queries, np.float32)
        if mask is not None and mask.share * _SPARSE < 1:
            return exact_search(self._vectors, queries, k, mask.positions)
        # FAISS has one thread for each query, so a single one is cut into slices here, and many are multiplied at once.
        if len(queries) == 1 and not (mask is None and self._searcher.is_on_gpu):
            return process_search.search(self._index, queries, k, mask)
        if len(queries) >= batched.LEAST and not (mask is None and self._searcher.is_on_gpu):
            return batched.search(self._vectors, queries, k, None if mask is None else mask.positions)
        scores, positions = self._searcher.search(queries, k, search_parameters(mask))
        return positions, scores

    def take(self, positions: Int64Array) -> Float32Array:
        return self._vectors.take(positions)

    def scores(self, query: Float32Array) -> Float32Array:
        return every_score(self._vectors, query)
