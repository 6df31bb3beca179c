"""Inverted lists of 8-bit vectors for large datasets, re-ranked exactly from the float16 vectors beside them.

Inverted file: Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", PAMI 2011.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from search.index.base import Chunk
from search.index.faiss import batched, gpu
from search.index.faiss.segment import (
    NO_POSITION,
    Mask,
    every_score,
    exact_search,
    ids_file,
    index_file,
    search_parameters,
)
from search.index.memmap import HALF, MappedVectors
from search.values import Float32Array, Int64Array

KIND = "ivf"
_TRAINING_ROWS_A_LIST = 64
_TRAINING_ROUNDS = 10
_EXACT_BELOW = 4096
"""So few allowed vectors are all compared: quicker than looking for them in the lists, and exact."""

_FEWEST_CANDIDATES = 32
_MOST_WIDENED = 8
"""Where a mask leaves one vector in many, this many times as many lists are looked into at most, at first."""


def vectors_file(folder: Path, number: int) -> Path:
    return folder / f"{number}.vectors.f16"


def list_count(count: int) -> int:
    """Return the number of lists: the power of two next to twice the root of the number of vectors."""
    return int(1 << max(4, round(math.log2(2 * math.sqrt(max(count, 1))))))


def write(folder: Path, number: int, dimension: int, chunks: Iterable[Chunk], expected: int) -> dict[str, Any]:
    """Writes a segment of about `expected` vectors; returns what the manifest says of it.

    The vectors go to their file as they come. Training and filling read that file, so that memory holds the 8-bit
    codes and the training sample at most.
    """
    import faiss

    ids = [np.empty(0, np.int64)]
    with vectors_file(folder, number).open("wb") as file:
        for chunk in chunks:
            file.write(chunk.vectors.astype(HALF).tobytes())
            ids.append(chunk.image_ids)
    image_ids = np.concatenate(ids)
    np.save(ids_file(folder, number), image_ids)
    vectors = MappedVectors(vectors_file(folder, number), len(image_ids), dimension)
    index = _train(vectors, dimension, list_count(expected))
    for _, rows in vectors.chunks():
        index.add(rows)
    faiss.write_index(gpu.to_cpu(index), str(index_file(folder, number)))
    return {"kind": KIND, "count": len(image_ids), "lists": list_count(expected)}


def _train(vectors: MappedVectors, dimension: int, lists: int) -> Any:
    import faiss

    quantizer = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.niter = _TRAINING_ROUNDS
    index.cp.max_points_per_centroid = _TRAINING_ROWS_A_LIST
    index.cp.spherical = True
    rows = min(len(vectors), lists * _TRAINING_ROWS_A_LIST)
    sample = np.sort(np.random.default_rng(0).choice(len(vectors), rows, replace=False))
    index = gpu.to_gpu(index)
    index.train(vectors.take(sample))
    return index


class IvfSegment:
    """Searches the lists nearest to the query, as many as tuning found necessary, and re-ranks what it finds."""

    compares_all = False

    def __init__(self, folder: Path, number: int, dimension: int, probes: dict[int, int]) -> None:
        """`probes`: by number of hits, how many lists to look into."""
        import faiss

        library: Any = faiss
        self._index = library.read_index(str(index_file(folder, number)), faiss.IO_FLAG_MMAP)
        # Prefetching starts 32 threads for each query; the operating system reads ahead on its own.
        library.downcast_InvertedLists(self._index.invlists).prefetch_nthread = 0
        self.image_ids: Int64Array = np.load(ids_file(folder, number), mmap_mode="r")
        self.vectors = MappedVectors(vectors_file(folder, number), len(self.image_ids), dimension)
        self.probes = probes
        self._searcher = gpu.Searcher(self._index, self.vectors)

    @property
    def lists(self) -> int:
        return int(self._index.nlist)

    def search(self, queries: Float32Array, k: int, mask: Mask | None) -> tuple[Int64Array, Float32Array]:
        if mask is not None and mask.count <= _EXACT_BELOW:
            return exact_search(self.vectors, queries, k, mask.positions)
        allowed = len(self.image_ids) if mask is None else mask.count
        share = allowed / len(self.image_ids)
        probes = min(self.lists, max(self._probes_for(k, share), self._lists_that_hold(2 * k, share)))
        for probed in self._wider_probes(probes):
            positions, cosines = self.probe(queries, k, probed, mask)
            if np.all(positions[:, : min(k, allowed)] != NO_POSITION):
                break
        return positions, cosines

    def probe(
        self, queries: Float32Array, k: int, probes: int, mask: Mask | None = None
    ) -> tuple[Int64Array, Float32Array]:
        """Searches exactly so many lists, whose vectors may be fewer than k; returns what `search` does."""
        params = search_parameters(mask, probes)
        queries = np.ascontiguousarray(queries, np.float32)
        _, candidates = self._searcher.search(
            queries, min(2 * k + _FEWEST_CANDIDATES, len(self.image_ids)), params=params
        )
        if len(queries) >= batched.LEAST:
            return batched.best_of(self.vectors, queries, k, candidates)
        best_positions = np.full((len(queries), k), NO_POSITION, np.int64)
        cosines = np.zeros((len(queries), k), np.float32)
        for row, own_candidates in enumerate(candidates):
            own_candidates = np.sort(own_candidates[own_candidates != NO_POSITION])
            own_positions, scores = exact_search(self.vectors, queries[row : row + 1], k, own_candidates)
            best_positions[row], cosines[row] = own_positions[0], scores[0]
        return best_positions, cosines

    def take(self, positions: Int64Array) -> Float32Array:
        return self.vectors.take(positions)

    def scores(self, query: Float32Array) -> Float32Array:
        return every_score(self.vectors, query)

    def _probes_for(self, k: int, share: float) -> int:
        tuned = next((probes for hits, probes in sorted(self.probes.items()) if k <= hits), max(self.probes.values()))
        return math.ceil(tuned * min(1 / share, _MOST_WIDENED))

    def _lists_that_hold(self, count: int, share: float) -> int:
        return math.ceil(count / (share * len(self.image_ids) / self.lists))

    def _wider_probes(self, probes: int) -> Iterator[int]:
        while probes < self.lists:
            yield probes
            probes *= 4
        yield self.lists
