"""Entries of the error ledger as rows for programs: JSON and CSV."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from typing_extensions import TypedDict  # of which pydantic makes the schema of the API

from search.exports.csv_safety import csv_line
from workers.models import ImageFailure

_AT_ONCE = 1000


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


_COLUMNS = ("name", "stage", "reason", "state", "attempts", "first_at", "last_at", "image_id", "run_id")


def rows_of(entries: QuerySet[ImageFailure]) -> list[FailureRow]:
    """Return the rows of all these entries at once."""
    return [
        {
            "dataset": dataset,
            "name": name,
            "stage": stage,
            "reason": reason,
            "state": state,
            "attempts": attempts,
            "first_at": first.isoformat(timespec="seconds"),
            "last_at": last.isoformat(timespec="seconds"),
            "image_id": image_id,
            "run": run_id,
        }
        for dataset, name, stage, reason, state, attempts, first, last, image_id, run_id in (
            entries.values_list("dataset__name", *_COLUMNS)
        )
    ]


def failure_rows(entries: QuerySet[ImageFailure]) -> Iterator[FailureRow]:
    """Yield rows by id, fetched in chunks: a ledger of any length never lies in memory whole."""
    remaining = entries.order_by("pk")
    last = 0
    while ids := list(remaining.filter(pk__gt=last).values_list("pk", flat=True)[:_AT_ONCE]):
        yield from rows_of(remaining.filter(pk__gt=last, pk__lte=ids[-1]))
        last = ids[-1]


def csv_lines(entries: QuerySet[ImageFailure]) -> Iterator[str]:
    """Yield a heading and one line an entry."""
    yield csv_line(FailureRow.__annotations__)
    for row in failure_rows(entries):
        yield csv_line(row.values())
