"""`manage.py search --index-version N`: the answer of one version, live or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from clipsite.management.commands._output import print_titled
from search.models import Dataset
from search.query.question import Question
from search.versions.comparison import Side, ask_version
from search.versions.lifecycle import version_numbered


def versioned_answer(dataset: Dataset, question: Question, number: int, *, k: int) -> dict[str, Any]:
    """Returns a search answer of one version. Raises VersionRefused, and what `ask_version` raises."""
    side = ask_version(dataset, question, version_numbered(dataset, number).pk, k=k)
    return {
        "query": question.text,
        "dataset": dataset.name,
        "encoder": side.version.encoder.name,
        "index_version": side.version.number,
        "took_ms": round(side.encode_ms + side.search_ms, 3),
        "hits": _hits(dataset, side),
    }


def print_versioned(answer: dict[str, Any]) -> None:
    """Prints such an answer as a table."""
    title = f"{answer['query']} in {answer['dataset']}, version {answer['index_version']}, {answer['took_ms']:.0f} ms"
    numbers = [Column(name, justify="right") for name in ("rank", "score")]
    table = Table(*numbers, Column("file", overflow="fold"))
    for hit in answer["hits"]:
        table.add_row(str(hit["rank"]), f"{hit['score']:.3f}", Text(hit["path"]))
    print_titled(title, table)


def _hits(dataset: Dataset, side: Side) -> list[dict[str, Any]]:
    source = Path(dataset.source_path)
    return [
        {
            "rank": hit.rank,
            "score": round(hit.score, 6),
            "image_id": hit.image.pk,
            "name": hit.image.name,
            "path": str(source / hit.image.name),
        }
        for hit in side.hits
    ]
