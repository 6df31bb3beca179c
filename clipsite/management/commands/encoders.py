"""`manage.py encoders`: which encoders can be named, and which one new datasets get."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Column, Table

from clipsite.management.commands._output import json_line
from search.encoders import registry
from search.encoders.default import default_encoder
from search.errors import UserError


class Command(BaseCommand):
    help = "List encoders and say which one new datasets get."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(self, *, json: bool, **_: Any) -> None:
        try:
            default = default_encoder()
            described = [registry.describe(name) for name in registry.known_encoders()]
        except UserError as error:
            raise CommandError(str(error)) from error
        if json:
            rows = [{"name": one.name, "dimension": one.dimension, "input_size": one.input_size} for one in described]
            self.stdout.write(json_line({"default": default.name, "reason": default.reason, "encoders": rows}))
            return
        table = Table(Column("name", no_wrap=True), "dimension", "pixels")
        for one in described:
            table.add_row(one.name, str(one.dimension), str(one.input_size))
        console = Console()
        console.print(table)
        console.print(f"New datasets get {default.name}. {default.reason}", soft_wrap=True)
        console.print("Any open_clip/<architecture>/<pretrained tag or checkpoint path> works too.", soft_wrap=True)
