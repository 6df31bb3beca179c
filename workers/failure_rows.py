"""Entries of the error ledger as rows for programs: JSON, and CSV that spreadsheets may open without harm."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TypedDict

from django.db.models import QuerySet

from workers.models import ImageFailure

_AT_ONCE = 1000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class FailureRow(TypedDict):
    """One file that cannot be used; times are ISO 8601, `image_id` and `run` may be unknown."""

    dataset: str
    name: str
    stage: str
    reason: str
    state: str
    attempts: int
    first_at: str
    last_at: str
    image_id: int | None
    run: int | None


def failure_row(entry: ImageFailure) -> FailureRow:
    return {
        "dataset": entry.dataset.name,
        "name": entry.name,
        "stage": entry.stage,
        "reason": entry.reason,
        "state": entry.state,
        "attempts": entry.attempts,
        "first_at": entry.first_at.isoformat(timespec="seconds"),
        "last_at": entry.last_at.isoformat(timespec="seconds"),
        "image_id": entry.image_id,
        "run": entry.run_id,
    }


def failure_rows(entries: QuerySet[ImageFailure]) -> Iterator[FailureRow]:
    """Rows by id, fetched in chunks, so that a ledger of any length never lies in memory whole."""
    remaining = entries.select_related("dataset").order_by("pk")
    last = 0
    while chunk := list(remaining.filter(pk__gt=last)[:_AT_ONCE]):
        yield from map(failure_row, chunk)
        last = chunk[-1].pk


def csv_lines(entries: QuerySet[ImageFailure]) -> Iterator[str]:
    """A heading and one line an entry."""
    yield _line(list(FailureRow.__annotations__))
    for row in failure_rows(entries):
        yield _line([harmless(str(value)) if value is not None else "" for value in row.values()])


def harmless(cell: str) -> str:
    """A spreadsheet takes a cell that begins like a formula for one; an apostrophe before it makes it text."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
