"""The shape of a search answer, shared by the API and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import NotRequired

from typing_extensions import TypedDict  # of which pydantic makes the schema of the API

from search.encoders.base import public_name
from search.retrieval.ranking import Hit
from search.retrieval.results import Group, Results


class HitAnswer(TypedDict):
    rank: int
    score: float
    is_relevant: bool
    """Whether it stands above the relevance threshold."""

    image_id: int
    dataset: str
    name: str
    path: str
    copies: NotRequired[int]
    """Where copies are collapsed: how many images the hit stands for beside itself, if any."""

    url: NotRequired[str]
    thumbnail_url: NotRequired[str]
    original_url: NotRequired[str]


class SearchAnswer(TypedDict):
    """Of one dataset."""

    query: str
    dataset: str
    encoder: str
    index_version: int
    took_ms: float
    total: int
    """How many images of the dataset pass the filters."""

    notice: str
    relevance_line: float
    """The score from which on hits are relevant."""

    cursor: str
    """What asks for the hits that follow; empty at the end."""

    hits: list[HitAnswer]


class DatasetAnswer(TypedDict):
    dataset: str
    index_version: int
    total: int


class LeftOutAnswer(TypedDict):
    dataset: str
    reason: str


class GroupAnswer(TypedDict):
    """Hits that can be compared: of the datasets that share an encoder."""

    encoder: str
    datasets: list[DatasetAnswer]
    total: int
    relevance_line: float
    cursor: str
    hits: list[HitAnswer]


class ManyAnswer(TypedDict):
    """Of several datasets."""

    query: str
    took_ms: float
    total: int
    notice: str
    groups: list[GroupAnswer]
    left_out: list[LeftOutAnswer]


def search_answer(query: str, results: Results, *, show_paths: bool) -> SearchAnswer:
    """The answer of one dataset.

    `path` is the file on the server's disk for who has its console, the path within the dataset for others.
    """
    group = results.groups[0]
    return {
        "query": query,
        "dataset": group.answered[0].dataset.name,
        "encoder": _encoder(group, show_paths),
        "index_version": group.answered[0].version.number,
        "took_ms": round(results.took_ms, 3),
        "total": group.total,
        "notice": results.notice,
        "relevance_line": round(group.threshold, 6),
        "cursor": group.cursor,
        "hits": _hits(group, show_paths),
    }


def many_answer(query: str, results: Results, *, show_paths: bool) -> ManyAnswer:
    """The answer of several datasets, of which some may have been left out."""
    return {
        "query": query,
        "took_ms": round(results.took_ms, 3),
        "total": results.total,
        "notice": results.notice,
        "groups": [_group(group, show_paths) for group in results.groups],
        "left_out": [{"dataset": one.dataset.name, "reason": one.reason} for one in results.left_out],
    }


def _group(group: Group, show_paths: bool) -> GroupAnswer:
    return {
        "encoder": _encoder(group, show_paths),
        "datasets": [
            {"dataset": one.dataset.name, "index_version": one.version.number, "total": one.total}
            for one in group.answered
        ],
        "total": group.total,
        "relevance_line": round(group.threshold, 6),
        "cursor": group.cursor,
        "hits": _hits(group, show_paths),
    }


def _encoder(group: Group, show_paths: bool) -> str:
    return group.encoder.name if show_paths else public_name(group.encoder.name)


def _hits(group: Group, show_paths: bool) -> list[HitAnswer]:
    return [_hit(hit, hit.score >= group.threshold, show_paths) for hit in group.hits]


def _hit(hit: Hit, is_relevant: bool, show_paths: bool) -> HitAnswer:
    answer: HitAnswer = {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "is_relevant": is_relevant,
        "image_id": hit.image.pk,
        "dataset": hit.image.dataset.name,
        "name": hit.image.name,
        "path": str(Path(hit.image.dataset.source_path, hit.image.name)) if show_paths else hit.image.name,
    }
    return answer | {"copies": hit.copies} if hit.copies else answer
