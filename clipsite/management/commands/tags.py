"""`manage.py tags NAME`: the tags of a dataset with their numbers; or the run that assigns them anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from clipsite.management.commands._output import json_line
from clipsite.management.commands._runs import (
    add_priority,
    announce,
    any_dataset,
    priority_named,
    user_errors_as_command_errors,
)
from search.models import Dataset, Tagging
from search.tags.image_tags import grouped_tags
from search.tags.vocabulary import words_of
from workers.models import Run
from workers.runs.start import start_run

_SHOWN = 5000


class Command(BaseCommand):
    help = "List the tags of a dataset, or have the encoder assign them anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name")
        parser.add_argument("--assign", action="store_true", help="start the run that assigns the vocabulary")
        parser.add_argument(
            "--wait", action="store_true", help="with --assign: follow the run; exit code 1 if it fails"
        )
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")
        add_priority(parser)

    def handle(self, *, name: str, assign: bool, wait: bool, json: bool, priority: str, **_: Any) -> None:
        with user_errors_as_command_errors():
            dataset = any_dataset(name)
            if assign:
                announce(start_run(dataset, Run.Kind.TAG, priority=priority_named(priority)), wait=wait)
                if not wait:
                    return
        if json:
            self.stdout.write(json_line(_answer(dataset)))
        else:
            Console().print(_table(dataset))


def _answer(dataset: Dataset) -> dict[str, Any]:
    tagging = Tagging.objects.filter(dataset=dataset).select_related("encoder").first()
    words = words_of(dataset)
    return {
        "dataset": dataset.name,
        "encoder": tagging.encoder.name if tagging else None,
        "assigned_at": tagging.tagged_at.isoformat() if tagging else None,
        "least_confidence": words.least_confidence,
        "words": len(words.all()),
        "tags": [
            {"name": tag.name, "group": group.name, "images": tag.usage}
            for group in grouped_tags(dataset, words, _SHOWN)
            for tag in group.tags
        ],
    }


def _table(dataset: Dataset) -> Table:
    table = Table("group", Column("tag", overflow="fold"), Column("images", justify="right"))
    for group in grouped_tags(dataset, words_of(dataset), _SHOWN):
        for tag in group.tags:
            table.add_row(Text(group.name), Text(tag.name), f"{tag.usage:,}")
    return table
