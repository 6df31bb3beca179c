"""`manage.py duplicates NAME`: the copies in a dataset, as a table or for programs; or the run that looks for them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.table import Column, Table
from rich.text import Text

from clipsite.config.installation import COMMAND
from clipsite.management.commands._output import json_line, print_titled
from clipsite.management.commands._runs import (
    add_priority,
    announce,
    any_dataset,
    priority_named,
    user_errors_as_command_errors,
)
from search.duplicates import lookup
from search.duplicates.lookup import Kind
from search.errors import UserError
from search.models import Dataset, DuplicateScan, Image
from workers.models import Run
from workers.runs.start import start_run

_SHOWN = 100
"""Groups of the table; JSON has all."""


class Command(BaseCommand):
    help = "List equal files and near copies in a dataset, or look for them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name")
        parser.add_argument("--kind", choices=[kind.value for kind in Kind], help="only equal files, or near copies")
        parser.add_argument("--find", action="store_true", help="start the run that looks for copies")
        parser.add_argument("--wait", action="store_true", help="with --find: follow the run; exit code 1 if it fails")
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")
        add_priority(parser)

    def handle(
        self, *, name: str, kind: str | None, find: bool, wait: bool, json: bool, priority: str, **_: Any
    ) -> None:
        kinds = [Kind(kind)] if kind else list(Kind)
        with user_errors_as_command_errors():
            dataset = any_dataset(name)
            if find:
                announce(start_run(dataset, Run.Kind.COMPARE, priority=priority_named(priority)), wait=wait)
                if not wait:
                    return
            state = DuplicateScan.objects.filter(dataset=dataset).first()
            if state is None:
                raise UserError(f"Dataset {dataset.name!r} was not compared yet: {COMMAND} duplicates {name} --find")
        if json:
            self.stdout.write(json_line(_answer(dataset, state, kinds)))
        else:
            for one in kinds:
                _print(dataset, one)


def _answer(dataset: Dataset, state: DuplicateScan, kinds: list[Kind]) -> dict[str, Any]:
    groups = [
        {"kind": kind.value, "group": key, "images": [_row(dataset, image) for image in images]}
        for kind in kinds
        for key, images in lookup.every_group(dataset, kind)
    ]
    return {
        "dataset": dataset.name,
        "most_distance": state.most_distance,
        "compared_at": state.compared_at.isoformat(),
        "groups": groups,
    }


def _row(dataset: Dataset, image: Image) -> dict[str, Any]:
    return {
        "image_id": image.pk,
        "path": str(Path(dataset.source_path, image.name)),
        "width": image.width,
        "height": image.height,
        "bytes": image.byte_size,
        "checksum": image.checksum,
    }


def _print(dataset: Dataset, kind: Kind) -> None:
    groups, images = lookup.counts(dataset, kind)
    number = f"{groups:,} group{'' if groups == 1 else 's'}"
    title = f"{'Equal files' if kind == Kind.EXACT else 'Near copies'}: {number}, {images:,} images"
    table = Table(
        Column("images", justify="right"), Column("to keep", overflow="fold"), Column("others", overflow="fold")
    )
    for _, group in islice(lookup.every_group(dataset, kind), _SHOWN):
        table.add_row(str(len(group)), Text(group[0].name), Text("\n".join(image.name for image in group[1:])))
    if groups > _SHOWN:
        table.caption = f"The first {_SHOWN}; --json lists all."
    print_titled(title, table)
