"""`manage.py search NAME "query"`: the best matches on the console, or as one line of JSON."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from rich.text import Text

from search.encoders import registry
from search.errors import UserError
from search.index.live import live_indexes
from search.management.commands._output import json_line
from search.management.commands._versioned import print_versioned, versioned_answer
from search.models import Dataset
from search.services.answers import SearchAnswer, search_answer
from search.services.query import search_text
from search.services.visibility import dataset_named


class Command(BaseCommand):
    help = "Search a dataset by meaning."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name")
        parser.add_argument("query", metavar="QUERY", help="what the picture shows, in quotes")
        parser.add_argument("-k", type=int, default=10, help="how many hits (default 10)")
        parser.add_argument("--index-version", type=int, metavar="N", help="ask version N instead of the live one")
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(self, *, name: str, query: str, k: int, index_version: int | None, json: bool, **_: Any) -> None:
        try:
            dataset = dataset_named(name, Dataset.objects.select_related("live_version__encoder"))
            if index_version is not None:
                versioned = versioned_answer(dataset, query, index_version, k=k)
                self.stdout.write(json_line(versioned)) if json else print_versioned(versioned)
                return
            if dataset.live_version is not None:
                # Loaded ahead, so that the shown time is the query's and not the start of this process.
                registry.text_tower(dataset.live_version.encoder.name)
                live_indexes.of(dataset)
            answer = search_answer(query, search_text(dataset, query, k=k), show_paths=True)
        except UserError as error:
            raise CommandError(str(error)) from error
        if json:
            self.stdout.write(json_line(answer))
        else:
            _print_table(answer)


def _print_table(answer: SearchAnswer) -> None:
    title = f"{answer['query']} in {answer['dataset']}, version {answer['index_version']}, {answer['took_ms']:.0f} ms"
    table = Table(title=Text(title), title_justify="left")
    for column, justify in (("rank", "right"), ("score", "right"), ("file", "left")):
        table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for hit in answer["hits"]:
        table.add_row(str(hit["rank"]), f"{hit['score']:.3f}", Text(hit["path"]))
    Console().print(table)
