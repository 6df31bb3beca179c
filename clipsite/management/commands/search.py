"""`manage.py search NAME "query"`: the best matches on the console, or as one line of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clipsite.config.installation import COMMAND
from clipsite.management.commands._filters import add_filters, filter_parameters
from clipsite.management.commands._output import json_line, print_titled
from clipsite.management.commands._versioned import print_versioned, versioned_answer
from search.encoders import registry
from search.errors import UserError
from search.index.live import live_indexes
from search.models import Dataset
from search.retrieval.as_json import HitAnswer, ManyAnswer, SearchAnswer, many_answer, search_answer
from search.retrieval.parameters import EVERYTHING
from search.retrieval.request import Search, SearchRequest
from search.values import Order


class Command(BaseCommand):
    help = "Search datasets by meaning."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name; left out with --all")
        parser.add_argument(
            "query",
            metavar="QUERY",
            nargs="?",
            help="what the picture shows, in quotes; docs/query-syntax.md has the whole syntax",
        )
        parser.add_argument("--all", action="store_true", help="search all datasets")
        parser.add_argument("--dataset", metavar="NAME", action="append", default=[], help="search this one as well")
        parser.add_argument("-k", type=int, default=10, help="how many hits (default 10)")
        parser.add_argument("--cursor", default="", help="what the answer before says leads on")
        parser.add_argument("--sort", default="", metavar="ORDER", help=f"one of {', '.join(Order)}")
        parser.add_argument("--index-version", type=int, metavar="N", help="ask version N instead of the live one")
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")
        parser.add_argument(
            "--min-relevance",
            metavar="SCORE",
            default="",
            help="leave out hits below this score, which is from -1 to 1",
        )
        add_filters(parser)

    def handle(self, *, query: str | None, k: int, json: bool, **options: Any) -> None:
        names, text = _names_and_text(options["name"], query, options["dataset"], options["all"])
        parameters = filter_parameters(options) | {
            "q": [text],
            "dataset": names,
            "sort": [options["sort"]],
            "min_relevance": [options["min_relevance"]],
        }
        try:
            search = SearchRequest.read(parameters).resolve(None)
            if options["index_version"] is not None:
                _require_one(search)
                versioned = versioned_answer(search.datasets[0], search.question, options["index_version"], k=k)
                self.stdout.write(json_line(versioned)) if json else print_versioned(versioned)
                return
            _warm(search.datasets)
            results = search.run(k=k, cursor=options["cursor"])
        except UserError as error:
            raise CommandError(str(error)) from error
        if search.is_several:
            many = many_answer(search.question.text, results, show_paths=True)
            self.stdout.write(json_line(many)) if json else _print_many(many)
        else:
            answer = search_answer(search.question.text, results, show_paths=True)
            self.stdout.write(json_line(answer)) if json else _print_one(answer)


def _names_and_text(name: str, query: str | None, others: Sequence[str], is_all: bool) -> tuple[list[str], str]:
    if is_all and query is None:
        return [EVERYTHING], name
    if query is None:
        raise CommandError(f'Say what to look for: {COMMAND} search NAME "a cat on a sofa", or --all without NAME.')
    return [EVERYTHING] if is_all else [name, *others], query


def _require_one(search: Search) -> None:
    if len(search.datasets) != 1 or search.question.filters:
        raise CommandError("--index-version goes with one dataset and without filters.")


def _warm(datasets: Iterable[Dataset]) -> None:
    """Loads ahead, so that the shown time is the query's and not the start of this process."""
    for dataset in datasets:
        if dataset.live_version is None:
            continue
        with suppress(UserError):  # the search says what it means for the answer
            registry.text_tower(dataset.live_version.encoder.name)
            live_indexes.of(dataset)


def _print_many(answer: ManyAnswer) -> None:
    console = Console()
    if answer["notice"]:
        console.print(Text(answer["notice"]))
    for group in answer["groups"]:
        names = ", ".join(f"{one['dataset']} (version {one['index_version']})" for one in group["datasets"])
        title = f"{answer['query']} in {names}, {group['total']:,} match, {answer['took_ms']:.0f} ms"
        _print_table(title, group["hits"])
    for left_out in answer["left_out"]:
        console.print(Text(f"Left out: {left_out['dataset']}. {left_out['reason']}"))


def _print_one(answer: SearchAnswer) -> None:
    console = Console()
    if answer["notice"]:
        console.print(Text(answer["notice"]))
    title = (
        f"{answer['query']} in {answer['dataset']}, version {answer['index_version']}, "
        f"{answer['total']:,} match, {answer['took_ms']:.0f} ms"
    )
    _print_table(title, answer["hits"])


def _print_table(title: str, hits: Iterable[HitAnswer]) -> None:
    table = Table()
    for column, justify in (("rank", "right"), ("score", "right"), ("file", "left")):
        table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for hit in hits:
        style = None if hit["is_relevant"] else "dim"
        table.add_row(str(hit["rank"]), f"{hit['score']:.3f}", Text(hit["path"]), style=style)
    print_titled(title, table)
