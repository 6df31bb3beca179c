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
from clipsite.management.commands._filters import add_filters, filters_given
from clipsite.management.commands._output import json_line, print_titled
from clipsite.management.commands._versioned import print_versioned, versioned_answer
from search.encoders import registry
from search.errors import UserError
from search.index.live import live_indexes
from search.models import Collection, Dataset, Image
from search.query.question import Question, read_question
from search.retrieval.as_json import HitAnswer, ManyAnswer, SearchAnswer, many_answer, search_answer
from search.retrieval.parameters import (
    EVERYTHING,
    ORDER_NAME,
    asks_for_several,
    conditions_asked,
    datasets_asked,
    order_asked,
    relevance_asked,
)
from search.retrieval.results import without_weaker
from search.retrieval.search import search
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
        parameters = filters_given(options) | {"dataset": names, ORDER_NAME: [options["sort"]]}
        try:
            datasets = datasets_asked(parameters, Dataset.objects.all())
            conditions = conditions_asked(parameters, Collection.objects.all, None).conditions
            question = read_question(text, lambda: Image.objects.select_related("dataset"), conditions)
            if options["index_version"] is not None:
                dataset = _only_one(datasets, question)
                versioned = versioned_answer(dataset, question, options["index_version"], k=k)
                self.stdout.write(json_line(versioned)) if json else print_versioned(versioned)
                return
            _warm(datasets)
            least = relevance_asked({"min_relevance": [options["min_relevance"]]})
            order = order_asked(parameters)
            results = search(question, datasets, k=k, cursor=options["cursor"], order=order, min_relevance=least)
            if least is not None:
                results = without_weaker(results)
        except UserError as error:
            raise CommandError(str(error)) from error
        if asks_for_several(parameters):
            many = many_answer(question.text, results, show_paths=True)
            self.stdout.write(json_line(many)) if json else _print_many(many)
        else:
            answer = search_answer(question.text, results, show_paths=True)
            self.stdout.write(json_line(answer)) if json else _print_one(answer)


def _names_and_text(name: str, query: str | None, others: Sequence[str], is_all: bool) -> tuple[list[str], str]:
    if is_all and query is None:
        return [EVERYTHING], name
    if query is None:
        raise CommandError(f'Say what to look for: {COMMAND} search NAME "a cat on a sofa", or --all without NAME.')
    return [EVERYTHING] if is_all else [name, *others], query


def _only_one(datasets: Sequence[Dataset], question: Question) -> Dataset:
    if len(datasets) != 1 or question.filters:
        raise CommandError("--index-version goes with one dataset and without filters.")
    return datasets[0]


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
