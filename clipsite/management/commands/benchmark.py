"""`manage.py benchmark`: how fast queries, indexing, indexes (`search`) and maps are on this machine."""

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

from clipsite.benchmarks import projection
from clipsite.benchmarks.explorer import measure_explorer
from clipsite.benchmarks.indexing import measure_indexing
from clipsite.benchmarks.machine import describe_machine
from clipsite.benchmarks.query import Timing, time_part, time_query
from clipsite.benchmarks.searching import measure_search
from clipsite.benchmarks.vectors import VectorFile, vectors_for
from clipsite.config.env import PREFIX
from clipsite.config.installation import START
from clipsite.management.commands._measured import print_explorer, print_indexing, print_projection, print_search
from clipsite.management.commands._output import json_line
from clipsite.server import ports
from clipsite.server.address import site_address
from clipsite.web.access.tokens import most_per_minute
from search.encoders import registry
from search.errors import UserError
from search.maps.request import read_parameters
from search.models import Dataset
from search.permissions.visibility import dataset_named

HITS = 10
FEWEST = 50
FEWEST_VECTORS = 1000
_SITE = {
    f"{PREFIX}{name}{suffix}"
    for name in ("DATABASE_URL", "REDIS_URL", "REDIS_PASSWORD", "REDIS_PORT", "DATA_DIR", "HOST", "PORT")
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
        search = subjects.add_parser("search", help="indexes of several sizes, HTTP under load, swaps under load")
        search.add_argument("--n", default="41620,1000000", help="numbers of vectors (default 41620,1000000)")
        search.add_argument(
            "--endurance", type=int, default=10_000, help="queries in the test of memory (default 10000)"
        )
        search.add_argument("--encoder", help="of the texts; default: ViT-B/32 with random weights")
        search.add_argument("--folder", type=Path, help=SUPPRESS)  # set by this command for its own child
        explorer = subjects.add_parser("explorer", help="the map in headless Chromium")
        explorer.add_argument("--points", type=int, default=41_620, help="points of the map (default 41620)")
        explorer.add_argument("--folder", type=Path, help=SUPPRESS)  # set by this command for its own child
        maps = subjects.add_parser("project", help="a map beside that of a plain UMAP")
        maps.add_argument("--n", type=int, default=41_620, help="number of vectors (default 41620)")
        maps.add_argument("--seed", default="", help="a number, for a layout on one core; default: on all")
        maps.add_argument("--no-plain", action="store_true", help="leave the plain UMAP out")
        for subject in (query, indexing, search, explorer, maps):
            subject.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(self, *, subject: str, json: bool, **options: Any) -> None:
        try:
            if subject == "query":
                self._query(options["name"], options["count"], json=json)
            elif subject == "search":
                self._search(options, json=json)
            elif subject == "explorer":
                self._explorer(options["points"], options["folder"], json=json)
            elif subject == "project":
                self._project(options["n"], options["seed"], plain=not options["no_plain"], json=json)
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

    def _explorer(self, points: int, folder: Path | None, *, json: bool) -> None:
        if points < FEWEST_VECTORS:
            raise CommandError(f"--points is {points}; it must be {FEWEST_VECTORS:,} or more.")
        if folder is None:
            with tempfile.TemporaryDirectory(prefix="clipsite-benchmark-") as own:
                _in_a_site_of_its_own(Path(own), ["explorer", "--points", str(points)], None, json=json)
            return
        measured = measure_explorer(points, folder, Console(stderr=True).print)
        if json:
            self.stdout.write(json_line(measured))
        else:
            print_explorer(measured)

    def _indexing(self, images: Path, count: int, encoder: str | None, folder: Path | None, *, json: bool) -> None:
        if count < FEWEST:
            raise CommandError(
                f"--n is {count}; with fewer than {FEWEST} pictures the start would be measured, not the work."
            )
        if encoder:
            registry.describe(encoder)
        if folder is None:
            arguments = ["indexing", "--images", str(images.absolute()), "--n", str(count)]
            with tempfile.TemporaryDirectory(prefix="clipsite-benchmark-") as own:
                _in_a_site_of_its_own(Path(own), arguments, encoder, json=json)
            return
        measured = measure_indexing(images, folder, count, encoder, Console(stderr=True).print)
        if json:
            self.stdout.write(json_line(measured))
        else:
            print_indexing(measured)

    def _search(self, options: dict[str, Any], *, json: bool) -> None:
        encoder, folder, endurance = options["encoder"], options["folder"], options["endurance"]
        counts = _counts(options["n"])
        if encoder:
            registry.describe(encoder)
        if folder is None:
            with tempfile.TemporaryDirectory(prefix="clipsite-benchmark-") as own:
                # Here, where this site's own embeddings can be read.
                for count in counts:
                    vectors_for(count, Path(own, f"{count}.npy"))
                arguments = ["search", "--n", options["n"], "--endurance", str(endurance)]
                _in_a_site_of_its_own(Path(own), arguments, encoder, json=json)
            return
        files = [VectorFile.at(folder / f"{count}.npy") for count in counts]
        measured = measure_search(files, folder, encoder, endurance, Console(stderr=True).print)
        if json:
            self.stdout.write(json_line(measured))
        else:
            print_search(measured)

    def _project(self, count: int, seed: str, *, plain: bool, json: bool) -> None:
        if count < FEWEST_VECTORS:
            raise CommandError(f"--n is {count}; with fewer than {FEWEST_VECTORS:,} vectors nothing could be told.")
        parameters = read_parameters({"seed": seed})
        with tempfile.TemporaryDirectory(prefix="clipsite-benchmark-") as own:
            file = vectors_for(count, Path(own, "vectors.npy"))
            measured = projection.measure(file, Path(own), parameters, Console(stderr=True).print, plain=plain)
        measured["machine"] = describe_machine()
        if json:
            self.stdout.write(json_line(measured))
        else:
            print_projection(measured)


def _counts(sizes: str) -> list[int]:
    try:
        counts = [int(size) for size in sizes.split(",")]
    except ValueError:
        counts = [0]
    if min(counts) < FEWEST_VECTORS:
        raise CommandError(f"--n is {sizes!r}; give numbers of at least {FEWEST_VECTORS:,}, separated by commas.")
    return counts


def _in_a_site_of_its_own(folder: Path, arguments: list[str], encoder: str | None, *, json: bool) -> None:
    """Runs this command again with an empty data folder, database and Valkey, so that no dataset here is touched."""
    arguments = ["benchmark", *arguments, "--folder", str(folder)]
    arguments += ["--encoder", encoder] if encoder else []
    arguments += ["--json"] if json else []
    inherited = {name: value for name, value in os.environ.items() if name not in _SITE}
    own = {"DATA_DIR": f"{folder}/var", "REDIS_PORT": str(ports.any_free()), "PORT": str(ports.any_free())}
    own |= {"API_PER_MINUTE": "0"}  # its clients ask as fast as they can
    environment = inherited | {f"{PREFIX}{name}": value for name, value in own.items()}
    status = subprocess.run([sys.executable, "-m", "clipsite.cli", *arguments], env=environment).returncode
    if status:
        raise SystemExit(status)


def _round_trip(dataset: Dataset, count: int) -> Timing:
    """Over HTTP, a new connection each time, as a page's first request has it."""

    def ask(text: str) -> None:
        parameters = urllib.parse.urlencode({"dataset": dataset.slug, "q": text, "k": HITS})
        with urllib.request.urlopen(f"{site_address()}api/v1/search?{parameters}", timeout=60) as answer:  # noqa: S310
            answer.read()

    allowed = most_per_minute(is_known=False)
    try:
        # Faster than the site allows, the figures would be those of refusals.
        return time_part("HTTP round trip, new connection", ask, count, seconds_between=60 / allowed if allowed else 0)
    except URLError as error:
        raise CommandError(
            f"The site at {site_address()} does not answer a search over {dataset.name}: {error}. "
            f"Start it with {START}, and name a public dataset."
        ) from error


def _print_timings(timings: list[Timing]) -> None:
    whole = timings[-1].median_ms
    table = Table("part", "median ms", "p95 ms", "share of the round trip")
    for timing in timings:
        share = f"{timing.median_ms / whole:.0%}"
        table.add_row(timing.part, f"{timing.median_ms:.2f}", f"{timing.p95_ms:.2f}", share)
    Console().print(table)
