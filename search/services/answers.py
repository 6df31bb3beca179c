"""The shape of a search answer, shared by the API and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import NotRequired, TypedDict

from search.encoders.base import public_name
from search.services.query import Results


class HitAnswer(TypedDict):
    rank: int
    score: float
    image_id: int
    name: str
    path: str
    url: NotRequired[str]
    thumbnail_url: NotRequired[str]
    original_url: NotRequired[str]


class SearchAnswer(TypedDict):
    query: str
    dataset: str
    encoder: str
    index_version: int
    took_ms: float
    hits: list[HitAnswer]


def search_answer(query: str, results: Results, *, show_paths: bool) -> SearchAnswer:
    """`path` is the file on the server's disk for who has its console, the path within the dataset for others."""
    source = Path(results.dataset.source_path)
    return {
        "query": query,
        "dataset": results.dataset.name,
        "encoder": results.version.encoder.name if show_paths else public_name(results.version.encoder.name),
        "index_version": results.version.number,
        "took_ms": round(results.took_ms, 3),
        "hits": [
            {
                "rank": hit.rank,
                "score": round(hit.score, 6),
                "image_id": hit.image.pk,
                "name": hit.image.name,
                "path": str(source / hit.image.name) if show_paths else hit.image.name,
            }
            for hit in results.hits
        ],
    }
