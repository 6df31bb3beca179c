"""`manage.py benchmark`: how fast queries (`query NAME`) and indexing (`indexing --images DIR`) are on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from argparse import SUPPRESS
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.error import URLError

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from clipsite import ports
from clipsite.address import site_address
from clipsite.env import PREFIX
from search.encoders import registry
from search.errors import UserError
from search.management.commands._output import json_line
from search.models import Dataset
from search.services.benchmark.query import Timing, time_query, timed
from search.services.visibility import dataset_named
from workers.indexing_benchmark import measure_indexing

HITS = 10
FEWEST = 50
_SITE = {
    f"{PREFIX}{name}{suffix}"
    for name in ("DATABASE_URL", "REDIS_URL", "REDIS_PASSWORD", "REDIS_PORT", "DATA_DIR")
    for suffix in ("", "_FILE")
}


class Command(BaseCommand):
    help = "Measure this machine: text queries over a dataset, or indexing from files to a searchable index."

    def add_arguments(self, parser: CommandParser) -> None:
        subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
        query = subjects.add_parser("query", help="text queries over a dataset")
        query.add_argument("name", metavar="NAME", help="the dataset's name; a public one, for the round trip")
        query.add_argument("--count", type=int, default=100, help="queries a part (default 100)")
        indexing = subjects.add_parser("indexing", help="the usual loop, this machine's limits, and the real pipeline")
        indexing.add_argument("--images", type=Path, required=True, metavar="DIR", help="photos to make pictures from")
        indexing.add_argument("--n", type=int, default=2000, help="pictures (default 2000); 2n and 4n are measured too")
        indexing.add_argument("--encoder", help="default: ViT-B/32 with random weights")
        indexing.add_argument("--folder", type=Path, help=SUPPRESS)  # set by this command for its own child
        for subject in (query, indexing):
            subject.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(self, *, subject: str, json: bool, **options: Any) -> None:
        try:
            if subject == "query":
                self._query(options["name"], options["count"], json=json)
            else:
                self._indexing(options["images"], options["n"], options["encoder"], options["folder"], json=json)
        except UserError as error:
            raise CommandError(str(error)) from error

    def _query(self, name: str, count: int, *, json: bool) -> None:
        if count < 1:
            raise CommandError(f"--count is {count}; it must be 1 or more.")
        dataset = dataset_named(name, Dataset.objects.select_related("live_version__encoder"))
        timings = [*time_query(dataset, count, HITS), _round_trip(dataset, count)]
        if json:
            self.stdout.write(json_line([asdict(timing) for timing in timings]))
        else:
            _print_timings(timings)

    def _indexing(self, images: Path, count: int, encoder: str | None, folder: Path | None, *, json: bool) -> None:
        if count < FEWEST:
            raise CommandError(
                f"--n is {count}; with fewer than {FEWEST} pictures the start would be measured, not the work."
            )
        if encoder:
            registry.describe(encoder)
        if folder is None:
            _in_a_site_of_its_own(images, count, encoder, json=json)
            return
        measured = measure_indexing(images, folder, count, encoder, Console(stderr=True).print)
        if json:
            self.stdout.write(json_line(measured))
        else:
            _print_indexing(measured)


def _in_a_site_of_its_own(images: Path, count: int, encoder: str | None, *, json: bool) -> None:
    """Runs this command again with an empty data folder, database and Valkey, so that no dataset here is touched."""
    with tempfile.TemporaryDirectory(prefix="clipsite-benchmark-") as folder:
        arguments = ["benchmark", "indexing", "--images", str(images.absolute()), "--n", str(count), "--folder", folder]
        arguments += ["--encoder", encoder] if encoder else []
        arguments += ["--json"] if json else []
        kept = {name: value for name, value in os.environ.items() if name not in _SITE}
        environment = kept | {"CLIPSITE_DATA_DIR": f"{folder}/var", "CLIPSITE_REDIS_PORT": str(ports.any_free())}
        status = subprocess.run([sys.executable, "-m", "clipsite.cli", *arguments], env=environment).returncode
    if status:
        raise SystemExit(status)


def _round_trip(dataset: Dataset, count: int) -> Timing:
    """Over HTTP, a new connection each time, as a page's first request has it."""

    def ask(text: str) -> None:
        parameters = urllib.parse.urlencode({"dataset": dataset.slug, "q": text, "k": HITS})
        with urllib.request.urlopen(f"{site_address()}api/v1/search?{parameters}", timeout=60) as answer:  # noqa: S310
            answer.read()

    try:
        return timed("HTTP round trip, new connection", ask, count)
    except URLError as error:
        raise CommandError(
            f"The site at {site_address()} does not answer a search over {dataset.name}: {error}. "
            "Start it with make run, and name a public dataset."
        ) from error


def _print_timings(timings: list[Timing]) -> None:
    whole = timings[-1].median_ms
    table = Table("part", "median ms", "p95 ms", "share of the round trip")
    for timing in timings:
        share = f"{timing.median_ms / whole:.0%}"
        table.add_row(timing.part, f"{timing.median_ms:.2f}", f"{timing.p95_ms:.2f}", share)
    Console().print(table)


def _print_indexing(measured: dict[str, Any]) -> None:
    limits = f"{_range(measured['derivatives_per_s'])} derivatives/s, {_range(measured['encodings_per_s'])} encoded/s"
    table = Table("what", "images/s", "note")
    table.add_row("sequential loop, float32, one by one", f"{measured['sequential_images_per_s']:.1f}", "")
    table.add_row("limit of this machine", f"{measured['limit_images_per_s']:.1f}", limits)
    ratios = f"{measured['ratio_to_limit']:.2f} of the limit, {measured['ratio_to_sequential']:.1f} times the loop"
    table.add_row("pipeline", f"{measured['pipeline_images_per_s']:.1f}", ratios)
    for run in measured["runs"]:
        memory = ", ".join(f"{name} {size:.0f} MB" for name, size in run["worker_mb"].items())
        speed = f"{run['images'] / run['seconds']:.1f}"
        table.add_row(f"  {run['images']:,} images in {run['seconds']:.1f} s", speed, memory)
    growth = f"time an image, 4n against n: {measured['growth_n_to_4n']:.3f}; peak {measured['peak_rss_mb']:.0f} MB"
    console = Console()
    console.print(table)
    console.print(growth, highlight=False)
    console.print(f"{measured['encoder']} on {measured['machine']['device']}", highlight=False)


def _range(values: list[float]) -> str:
    return " and ".join(f"{value:.0f}" for value in values)
