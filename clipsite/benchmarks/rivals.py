"""The same queries on indexes that others would use, side by side with ours; they need the libraries of others."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from clipsite.benchmarks.index_sizes import HITS, exact_ids, milliseconds, quantiles, queries_like
from clipsite.benchmarks.vectors import FileContent, VectorFile
from search.index import store
from search.values import Float32Array, Int64Array

GRAPHS_UP_TO = 100_000
"""Vectors: the graph libraries take many minutes to build beyond."""

_QUERIES = 200
_NEIGHBOURS, _BREADTH = 16, 100

Search = Callable[[Float32Array], Int64Array]


def compare(file: VectorFile, folder: Path) -> dict[str, Any]:
    """Compare ours with exact float32 search by median latency, in turns; graphs where they can be built in time."""
    ours = store.open_verified(folder, FileContent.encoder, file.dimension)
    queries = queries_like(file, _QUERIES)
    vectors = file.read().astype(np.float32)
    flat = _flat(vectors)
    # In turns, and the best of each: on a shared machine the speed changes in between.
    turns = [
        (milliseconds(lambda query: ours.search(query, HITS), queries), milliseconds(flat, queries)) for _ in "123"
    ]
    figures: dict[str, Any] = {
        "ours_beside_flat_p50_ms": min(quantiles(mine)["p50_ms"] for mine, _ in turns),
        "flat_p50_ms": min(quantiles(theirs)["p50_ms"] for _, theirs in turns),
    }
    if file.count <= GRAPHS_UP_TO:
        exact = exact_ids(file, queries)
        figures["graphs"] = [
            _graph(name, make, vectors, queries, exact) for name, make in (("hnswlib", _hnswlib), ("usearch", _usearch))
        ]
    return figures


def _graph(
    name: str, make: Callable[[Float32Array], Search], vectors: Float32Array, queries: Float32Array, exact: Int64Array
) -> dict[str, Any]:
    try:
        started = time.perf_counter()
        search = make(vectors)
    except ModuleNotFoundError:
        return {"name": name, "missing": True}
    build_s = time.perf_counter() - started
    hit_ids = [set((search(query) + 1).tolist()) for query in queries]
    hits = sum(len(own & set(true.tolist())) for own, true in zip(hit_ids, exact, strict=True))
    return {
        "name": name,
        "build_s": build_s,
        "recall_at_10": hits / exact.size,
        **quantiles(milliseconds(search, queries)),
    }


def _flat(vectors: Float32Array) -> Search:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)

    def search(query: Float32Array) -> Int64Array:
        positions: Int64Array = index.search(query[None, :], HITS)[1][0]
        return positions

    return search


def _hnswlib(vectors: Float32Array) -> Search:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=vectors.shape[1])
    index.init_index(max_elements=len(vectors), ef_construction=2 * _BREADTH, M=_NEIGHBOURS)
    index.add_items(vectors)
    index.set_ef(_BREADTH)

    def search(query: Float32Array) -> Int64Array:
        labels: Int64Array = index.knn_query(query, k=HITS)[0][0].astype(np.int64)
        return labels

    return search


def _usearch(vectors: Float32Array) -> Search:
    from usearch.index import Index

    index = Index(
        ndim=vectors.shape[1], metric="ip", connectivity=_NEIGHBOURS, expansion_add=2 * _BREADTH,
        expansion_search=_BREADTH, dtype="f16",
    )  # fmt: skip
    index.add(np.arange(len(vectors)), vectors)

    def search(query: Float32Array) -> Int64Array:
        keys: Int64Array = index.search(query, HITS).keys.astype(np.int64)
        return keys

    return search
