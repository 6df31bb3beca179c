"""`manage.py export NAME "query" --out FILE`: all hits as CSV, JSON or a zip archive of their files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clipsite.management.commands._filters import add_filters, filter_parameters
from search.errors import UserError
from search.exports.archive import Files, zip_parts
from search.exports.rows import csv_lines, json_lines, no_addresses
from search.exports.sources import SearchHits
from search.files.atomic import atomic_file
from search.retrieval.request import SearchRequest

FORMATS = ("csv", "json", "zip")


class Command(BaseCommand):
    help = "Write all hits of a search into a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name, or * for all")
        parser.add_argument("query", metavar="QUERY", help="what the picture shows, in quotes")
        parser.add_argument("--dataset", metavar="NAME", action="append", default=[], help="search this one as well")
        parser.add_argument("--format", choices=FORMATS, help="default: what the ending of FILE says")
        parser.add_argument("--out", metavar="FILE", required=True, type=Path, help="the file to write")
        parser.add_argument(
            "--files", choices=list(Files), default=Files.ORIGINALS, help="what a zip holds (default originals)"
        )
        add_filters(parser)

    def handle(self, *, name: str, query: str, out: Path, **options: Any) -> None:
        chosen = options["format"] or out.suffix.removeprefix(".").lower()
        if chosen not in FORMATS:
            raise CommandError(f"Say with --format what to write: {', '.join(FORMATS)}.")
        parameters = filter_parameters(options) | {"q": [query], "dataset": [name, *options["dataset"]]}
        try:
            images = SearchHits(SearchRequest.read(parameters).resolve(None))
            with atomic_file(out.absolute()) as file:
                file.writelines(_parts(chosen, query, images, options["files"]))
        except UserError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        for notice in images.notices:
            self.stderr.write(notice)
        self.stdout.write(f"Wrote {out}.")


def _parts(chosen: str, query: str, images: SearchHits, files: str) -> Iterable[bytes]:
    if chosen == "zip":
        return zip_parts(images, Files(files))
    if chosen == "csv":
        return (line.encode() for line in csv_lines(query, images, no_addresses))
    lines = json_lines(query, images, no_addresses, exported_at=timezone.now(), notices=images.notices)
    return (line.encode() for line in lines)
