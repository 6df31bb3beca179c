"""`manage.py benchmark query NAME`: how long a text query takes here, in parts and over HTTP."""

from __future__ import annotations

import urllib.parse
import urllib.request
from dataclasses import asdict
from typing import Any
from urllib.error import URLError

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from clipsite.address import site_address
from search.errors import UserError
from search.management.commands._output import json_line
from search.models import Dataset
from search.services.benchmark import Timing, time_query, timed
from search.services.visibility import dataset_named

HITS = 10


class Command(BaseCommand):
    help = "Measure this machine: text queries over a dataset, in parts and over HTTP."

    def add_arguments(self, parser: CommandParser) -> None:
        subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
        query = subjects.add_parser("query", help="text queries over a dataset")
        query.add_argument("name", metavar="NAME", help="the dataset's name; a public one, for the round trip")
        query.add_argument("--count", type=int, default=100, help="queries a part (default 100)")
        query.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(self, *, name: str, count: int, json: bool, **_: Any) -> None:
        if count < 1:
            raise CommandError(f"--count is {count}; it must be 1 or more.")
        try:
            dataset = dataset_named(name, Dataset.objects.select_related("live_version__encoder"))
            timings = [*time_query(dataset, count, HITS), _round_trip(dataset, count)]
        except UserError as error:
            raise CommandError(str(error)) from error
        if json:
            self.stdout.write(json_line([asdict(timing) for timing in timings]))
        else:
            _print_table(timings)


def _round_trip(dataset: Dataset, count: int) -> Timing:
    """Over HTTP, a new connection each time, as a page's first request has it."""

    def ask(text: str) -> None:
        parameters = urllib.parse.urlencode({"dataset": dataset.slug, "q": text, "k": HITS})
        with urllib.request.urlopen(f"{site_address()}api/v1/search?{parameters}", timeout=60) as answer:  # noqa: S310
            answer.read()

    try:
        return timed("HTTP round trip, new connection", ask, count)
    except URLError as error:
        raise CommandError(
            f"The site at {site_address()} does not answer a search over {dataset.name}: {error}. "
            "Start it with make run, and name a public dataset."
        ) from error


def _print_table(timings: list[Timing]) -> None:
    whole = timings[-1].median_ms
    table = Table("part", "median ms", "p95 ms", "share of the round trip")
    for timing in timings:
        share = f"{timing.median_ms / whole:.0%}"
        table.add_row(timing.part, f"{timing.median_ms:.2f}", f"{timing.p95_ms:.2f}", share)
    Console().print(table)
