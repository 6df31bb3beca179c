"""`manage.py failures NAME`: the error ledger of a dataset, and what to do about its entries."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import QuerySet
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from clipsite.management.commands._output import json_line
from clipsite.management.commands._runs import announce, any_dataset, user_errors_as_command_errors
from search.models import Dataset
from workers.ledger.rows import csv_lines, failure_rows
from workers.models import ImageFailure
from workers.registry import stage_names
from workers.runs import retry
from workers.runs.retry import FailureFilter

_SHOWN = 200
"""Lines of the table; CSV and JSON have no limit."""


class Command(BaseCommand):
    help = "List the files of a dataset that cannot be used and why; retry or ignore them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name")
        parser.add_argument("--state", default="", choices=ImageFailure.State.values, help="only entries in this state")
        parser.add_argument("--stage", default="", choices=stage_names(), help="only what failed in this stage")
        parser.add_argument("--reason", default="", metavar="TEXT", help="only reasons that hold this text")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--csv", action="store_true", help="CSV on standard output")
        what.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")
        what.add_argument("--retry", action="store_true", help="try these files again, ignored ones only if asked for")
        what.add_argument("--ignore", action="store_true", help="leave these files alone until they change")
        parser.add_argument("--wait", action="store_true", help="with --retry: follow the run; exit code 1 if it fails")

    def handle(self, *, name: str, state: str, stage: str, reason: str, **options: Any) -> None:
        chosen = FailureFilter(state=state, stage=stage, words=reason)
        with user_errors_as_command_errors():
            dataset = any_dataset(name)
            entries = chosen.of(dataset)
            if options["retry"]:
                run = retry.retry(dataset, retry.without_ignored(entries, chosen))
        if options["retry"]:
            announce(run, wait=options["wait"])
        elif options["ignore"]:
            self.stdout.write(f"{retry.ignore(entries):,} ignored from now on, until the file changes.")
        elif options["csv"]:
            for line in csv_lines(entries):
                self.stdout.write(line, ending="")
        elif options["json"]:
            self.stdout.write(json_line({"dataset": dataset.name, "failures": list(failure_rows(entries))}))
        else:
            _show(dataset, entries)


def _show(dataset: Dataset, entries: QuerySet[ImageFailure]) -> None:
    console, count = Console(), entries.count()
    if not count:
        console.print(f"No entry of the ledger of {dataset.name} fits.", markup=False)
        return
    wide = (Column("file", overflow="fold", ratio=2), Column("reason", overflow="fold", ratio=3))
    narrow = (Column(heading, no_wrap=True) for heading in ("stage", "state", "tries", "last"))
    table = Table(*wide, *narrow, expand=True)
    for entry in entries[:_SHOWN]:
        shown = (entry.name, entry.reason, entry.stage, entry.state, str(entry.attempts))
        table.add_row(*map(Text, shown), f"{entry.last_at:%Y-%m-%d}")
    console.print(table)
    if count > _SHOWN:
        console.print(f"{count - _SHOWN:,} more; --csv lists all.")
