"""`manage.py versions NAME`: the versions of a dataset, one of them made live or deleted, or two compared."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from clipsite.config.installation import COMMAND
from clipsite.management.commands._output import json_line, print_titled
from search.errors import UserError, VersionRefused
from search.models import Dataset, Image, IndexVersion
from search.permissions.visibility import dataset_named
from search.query.question import read_question
from search.versions.comparison import VersionComparison, compare_versions
from search.versions.lifecycle import delete_version, version_numbered
from search.versions.overview import VersionSummary, index_alerts, overview
from workers.runs.go_live import switch_with_map

_COMPARED_HITS = 10


class Command(BaseCommand):
    help = "List the index versions of a dataset, make one live, go back, compare two, or delete one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name")
        actions = parser.add_mutually_exclusive_group()
        actions.add_argument("--live", type=int, metavar="N", help="make version N live, or go back to it")
        actions.add_argument("--delete", type=int, metavar="N", help="delete version N with its files")
        actions.add_argument("--compare", metavar="QUERY", help="ask two versions the same")
        parser.add_argument(
            "--between",
            type=int,
            nargs=2,
            metavar=("N", "M"),
            help="which two to compare (default: the live one and the newest other)",
        )
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(
        self,
        *,
        name: str,
        live: int | None,
        delete: int | None,
        compare: str | None,
        between: list[int] | None,
        json: bool,
        **_: Any,
    ) -> None:
        try:
            dataset = dataset_named(name, Dataset.objects.select_related("live_version__encoder"))
            if compare is not None:
                self._compare(dataset, compare, between, as_json=json)
                return
            if live is not None:
                self.stderr.write(switch_with_map(dataset, version_numbered(dataset, live)))
            if delete is not None:
                delete_version(dataset, version_numbered(dataset, delete))
                self.stderr.write(f"Version {delete} of {dataset.name} is deleted.")
            self._list(dataset, as_json=json)
        except UserError as error:
            raise CommandError(str(error)) from error

    def _list(self, dataset: Dataset, *, as_json: bool) -> None:
        versions = overview(dataset)
        if as_json:
            self.stdout.write(json_line({"dataset": dataset.name, "versions": [_row(one) for one in versions]}))
            return
        console = Console()
        console.print(_table(versions))
        for alert in index_alerts(Dataset.objects.filter(pk=dataset.pk)):
            console.print(alert.sentence(), style="red", markup=False)

    def _compare(self, dataset: Dataset, text: str, between: list[int] | None, *, as_json: bool) -> None:
        left, right = _both(dataset, between)
        question = read_question(text, lambda: Image.objects.select_related("dataset"))
        comparison = compare_versions(dataset, question, left.pk, right.pk, k=_COMPARED_HITS)
        if as_json:
            self.stdout.write(json_line(_comparison_row(dataset, comparison)))
        else:
            _print_comparison(comparison)


def _both(dataset: Dataset, between: list[int] | None) -> list[IndexVersion]:
    if between:
        return [version_numbered(dataset, number) for number in between]
    live = dataset.live_version
    ready = dataset.versions.filter(state=IndexVersion.State.READY)
    other = next((version for version in ready if version != live), None)
    if live is None or other is None:
        raise VersionRefused(
            f"Dataset {dataset.name!r} has no two versions to compare. Build one: {COMMAND} reindex {dataset.slug}"
        )
    return [live, other]


def _row(summary: VersionSummary) -> dict[str, Any]:
    version = summary.version
    return {
        "number": version.number,
        "state": version.state,
        "live": summary.is_live,
        "encoder": version.encoder.name,
        "count": version.count,
        "kind": summary.kind,
        "recall_at_10": summary.recall,
        "bytes": summary.byte_size,
        "published_at": version.published_at and version.published_at.isoformat(),
        "served_by": list(summary.served_by),
    }


def _table(versions: list[VersionSummary]) -> Table:
    right = [Column(name, justify="right") for name in ("version", "images", "recall", "MB")]
    table = Table(right[0], "state", *right[1:], "kind", Column("encoder", overflow="fold"), "processes")
    for summary in versions:
        version = summary.version
        table.add_row(
            str(version.number),
            summary.state_words,
            f"{version.count:,}",
            "" if summary.recall is None else f"{summary.recall:.3f}",
            f"{summary.byte_size / 1e6:,.1f}",
            summary.kind,
            Text(version.encoder.name),
            str(len(summary.served_by)),
        )
    return table


def _comparison_row(dataset: Dataset, comparison: VersionComparison) -> dict[str, Any]:
    sides = [
        {
            "version": side.version.number,
            "encoder": side.version.encoder.name,
            "encode_ms": round(side.encode_ms, 3),
            "search_ms": round(side.search_ms, 3),
            "hits": [
                {"rank": hit.rank, "score": round(hit.score, 6), "image_id": hit.image.pk, "name": hit.image.name}
                for hit in side.hits
            ],
        }
        for side in (comparison.left, comparison.right)
    ]
    return {"dataset": dataset.name, "query": comparison.text, "shared": comparison.shared, "sides": sides}


def _print_comparison(comparison: VersionComparison) -> None:
    rows = max(len(comparison.left.hits), len(comparison.right.hits))
    title = f"{comparison.text}: {comparison.shared} of {rows} in both"
    table = Table(Column("", justify="right"))
    for side in (comparison.left, comparison.right):
        version = side.version
        head = f"version {version.number}, {version.encoder.name}, {side.encode_ms:.0f} + {side.search_ms:.1f} ms"
        table.add_column(Text(head), overflow="fold")
    for row in range(rows):
        cells = []
        for side in (comparison.left, comparison.right):
            hit = side.hits[row] if row < len(side.hits) else None
            mark = "=" if hit and hit.is_shared else " "
            cells.append(Text(f"{hit.score:.3f} {mark} {hit.image.name}" if hit else ""))
        table.add_row(str(row + 1), *cells)
    print_titled(title, table)
