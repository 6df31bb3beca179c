"""`manage.py evaluate NAME --captions FILE`: how well a dataset is searched, under one encoder or several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.table import Table

from clipsite.management.commands._output import json_line, print_titled
from search.errors import InvalidSource, UserError
from search.evaluation.evaluate import evaluate, find_version
from search.evaluation.labels import read_labels
from search.models import Dataset, Evaluation
from search.permissions.visibility import dataset_named

_COLUMNS = (
    ("R@1", "recall_at_1"),
    ("R@5", "recall_at_5"),
    ("R@10", "recall_at_10"),
    ("median rank", "median_rank"),
    ("mAP", "mean_average_precision"),
    ("line: precision", "relevance_precision"),
    ("line: recall", "relevance_recall"),
    ("text ms", "encode_ms"),
    ("search ms", "search_ms"),
)


class Command(BaseCommand):
    help = "Measure how well a dataset is searched, with texts whose images are known."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name")
        parser.add_argument(
            "--captions",
            metavar="FILE",
            type=Path,
            required=True,
            help="CSV of file and caption, JSON in Karpathy's format, or a folder with a folder a class",
        )
        parser.add_argument(
            "--encoder",
            metavar="X",
            action="append",
            default=[],
            help="measure the newest version under this encoder instead of the live one; may be repeated",
        )
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(self, *, name: str, captions: Path, encoder: list[str], json: bool, **options: Any) -> None:
        try:
            if not captions.exists():
                raise InvalidSource(f"There is no file or folder {str(captions)!r}.")
            dataset = dataset_named(name, Dataset.objects.all())
            versions = [find_version(dataset, one) for one in dict.fromkeys(encoder)] or [find_version(dataset, None)]
            labels = read_labels(captions, dataset)
            if notice := labels.notice(dataset):
                self.stderr.write(notice)
            done = [evaluate(version, labels.texts, captions.name) for version in versions]
        except UserError as error:
            raise CommandError(str(error)) from error
        if json:
            answers = [_answer(one) for one in done]
            self.stdout.write(json_line(answers[0] if len(answers) == 1 else {"evaluations": answers}))
        else:
            _print(done)


def _answer(evaluation: Evaluation) -> dict[str, Any]:
    figures = {name: round(value, 4) if isinstance(value, float) else value for name, value in _plain(evaluation)}
    return {
        "dataset": evaluation.dataset.name,
        "encoder": evaluation.encoder_name,
        "index_version": evaluation.version_number,
        "captions": evaluation.source,
        **figures,
        "failures": evaluation.failures,
    }


def _plain(evaluation: Evaluation) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in evaluation.figures.items() if name != "curve"]


def _print(done: list[Evaluation]) -> None:
    first = done[0]
    title = f"{first.dataset.name}, {first.figures['queries']:,} texts of {first.source}"
    table = Table("encoder")
    for heading, _ in _COLUMNS:
        table.add_column(heading, justify="right")
    for one in done:
        values = [one.figures[name] for _, name in _COLUMNS]
        table.add_row(one.encoder_name, *("" if value is None else f"{value:.3g}" for value in values))
    print_titled(title, table)
