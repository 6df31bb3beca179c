"""`manage.py project NAME`: draw the map of the live index version again, or place new images on the one before."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clipsite.management.commands._runs import (
    add_priority,
    announce,
    any_dataset,
    priority_named,
    user_errors_as_command_errors,
)
from search.maps.request import NO_SEED, MapRequest, read_parameters
from search.projection.parameters import FEWEST_NEIGHBOURS, MOST_DISTANCE, MOST_NEIGHBOURS, Metric
from workers.models import Run
from workers.runs.start import start_run

_PARAMETERS = ("neighbours", "min_distance", "metric", "seed")


class Command(BaseCommand):
    help = "Draw the map of a dataset's live index version again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name")
        parser.add_argument(
            "--neighbours",
            metavar="N",
            help=f"images that each one is drawn towards, {FEWEST_NEIGHBOURS} to {MOST_NEIGHBOURS} (default 15)",
        )
        parser.add_argument(
            "--min-distance", metavar="X", help=f"how close images may come, 0 to {MOST_DISTANCE} (default 0.1)"
        )
        parser.add_argument("--metric", help=f"{' or '.join(Metric)} (default {Metric.COSINE})")
        parser.add_argument(
            "--seed",
            help=f"a number, for the same map each time, drawn by one core; or {NO_SEED}: by all (default {NO_SEED})",
        )
        parser.add_argument(
            "--place", action="store_true", help="place new images on the map of an earlier version where that stands"
        )
        add_priority(parser)
        parser.add_argument("--wait", action="store_true", help="follow the run; exit code 1 if it fails")

    def handle(self, *, name: str, priority: str, wait: bool, place: bool, **options: Any) -> None:
        values = {key: options[key] for key in _PARAMETERS if options[key] is not None}
        if values and place:
            raise CommandError("--place goes by the parameters of the map that is there; leave the others out.")
        with user_errors_as_command_errors():
            map_request = MapRequest(read_parameters(values) if values else None, extends=place)
            run = start_run(
                any_dataset(name), Run.Kind.PROJECT, priority=priority_named(priority), parameters=map_request.as_json()
            )
        announce(run, wait=wait)
