"""`manage.py project NAME`: draw the map of a dataset's live index version again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from workers.management.commands._runs import (
    add_priority,
    announce,
    any_dataset,
    priority_named,
    user_errors_as_command_errors,
)
from workers.models import Run
from workers.starting import start_run


class Command(BaseCommand):
    help = "Draw the map of a dataset's live index version again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name")
        add_priority(parser)
        parser.add_argument("--wait", action="store_true", help="follow the run; exit code 1 if it fails")

    def handle(self, *, name: str, priority: str, wait: bool, **_: Any) -> None:
        with user_errors_as_command_errors():
            run = start_run(any_dataset(name), Run.Kind.PROJECT, priority=priority_named(priority))
        announce(run, wait=wait)
