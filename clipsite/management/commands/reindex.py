"""`manage.py reindex NAME`: a new index version from the known images, with the same or another encoder."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clipsite.config.installation import COMMAND
from clipsite.management.commands._runs import (
    add_priority,
    announce,
    any_dataset,
    priority_named,
    user_errors_as_command_errors,
)
from search.encoders.registry import describe
from workers.models import Run
from workers.runs.start import start_run


class Command(BaseCommand):
    help = "Build a new index version of a dataset; the one before serves until the new one is live."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name")
        parser.add_argument("--encoder", help=f"another encoder; see {COMMAND} encoders")
        parser.add_argument(
            "--switch", action="store_true", help="with another encoder: go live at once, without a look at the version"
        )
        add_priority(parser)
        parser.add_argument("--wait", action="store_true", help="follow the run; exit code 1 if it fails")

    def handle(self, *, name: str, encoder: str | None, switch: bool, priority: str, wait: bool, **_: Any) -> None:
        with user_errors_as_command_errors():
            dataset = any_dataset(name)
            live = dataset.live_version
            is_other = encoder is not None and live is not None and describe(encoder).name != live.encoder.name
            run = start_run(
                dataset,
                Run.Kind.REBUILD,
                encoder=encoder,
                priority=priority_named(priority),
                stage_only=is_other and not switch,
            )
        announce(run, wait=wait)
