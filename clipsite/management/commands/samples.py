"""`manage.py samples`: fetches real photos for an empty library and indexes them as a public dataset."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from search.errors import UserError
from search.samples import SampleSet, fetch_samples
from search.samples.open_images import DEFAULT_COUNT

ALL = 41_620


def _count(text: str) -> int:
    if text == "all":
        return ALL
    if not text.isdigit() or not 1 <= int(text) <= ALL:
        raise ArgumentTypeError(f"{text} is not a number from 1 to {ALL}, nor the word all")
    return int(text)


class Command(BaseCommand):
    help = (
        "Fetches real photos from the first source that answers (Open Images, Debian's tuxpaint-stamps-default, "
        "scikit-image) and indexes them as a public dataset."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            *("--count", "-n"),
            type=_count,
            default=DEFAULT_COUNT,
            help=f"photos of Open Images, or all ({ALL:,}); default {DEFAULT_COUNT}; the other sources come whole",
        )
        parser.add_argument("--wait", action="store_true", help="show the progress of the index until it is done")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            photos = self._fetch(options["count"])
        except UserError as error:
            raise CommandError(str(error)) from error
        call_command("ingest", photos.source_title, str(photos.folder), wait=options["wait"])

    def _fetch(self, count: int) -> SampleSet:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, transient=True, disable=not sys.stdout.isatty()) as progress:
            task = progress.add_task("photos", total=None)

            def report(done: int, total: int) -> None:
                progress.update(task, completed=done, total=total)

            def say(line: str) -> None:
                progress.console.print(line, soft_wrap=True, highlight=False, markup=False)

            return fetch_samples(settings.SAMPLES_DIR, count, say, report)
