"""`manage.py doctor`: checks everything that clipsite needs and says what to do where something is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape

from clipsite.config.installation import COMMAND
from clipsite.management.commands._output import json_line
from clipsite.operations.doctor import Finding, diagnose
from clipsite.operations.process_checks import check_processes
from search.errors import UserError
from search.models import Dataset
from search.permissions.visibility import dataset_named
from search.versions.reconcile import Reconciliation, reconcile
from workers.runs.reconcile import repair_index


class Command(BaseCommand):
    help = "Check the installation, or indexes against the database; exit code 1 if something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="with --index: only these datasets")
        parser.add_argument("--index", action="store_true", help="compare the live indexes with the database")
        parser.add_argument(
            "--repair", action="store_true", help="with --index: start a run for each that lacks images"
        )
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(self, *, names: list[str], index: bool, repair: bool, json: bool, **_: Any) -> None:
        if not index and (names or repair):
            raise CommandError(f"Names and --repair go with --index: {COMMAND} doctor --index [--repair] [NAME ...]")
        findings = self._indexes(names, repair=repair) if index else [*diagnose(), *check_processes()]
        if json:
            self.stdout.write(json_line([asdict(finding) for finding in findings]))
        else:
            _print(findings)
        wrong = sum(not finding.ok for finding in findings)
        if wrong:
            raise CommandError(f"{wrong} of {len(findings)} checks failed.")

    def _indexes(self, names: list[str], *, repair: bool) -> list[Finding]:
        live = Dataset.objects.filter(live_version__isnull=False).select_related("live_version__encoder")
        try:
            datasets = [dataset_named(name, live) for name in names] or list(live)
            return [_finding(dataset, repair=repair) for dataset in datasets]
        except UserError as error:
            raise CommandError(str(error)) from error


def _finding(dataset: Dataset, *, repair: bool) -> Finding:
    try:
        compared = reconcile(dataset)
    except OSError as error:
        return Finding("index", False, f"{dataset.name}: its files cannot be read ({error.strerror}).")
    assert compared is not None  # noqa: S101 - the dataset was chosen by its live version
    if compared.is_complete or not repair:
        return Finding("index", compared.is_complete, compared.sentence())
    return Finding("index", True, _repaired(compared))


def _repaired(compared: Reconciliation) -> str:
    run = repair_index(compared)
    return f"{compared.dataset.name}: run {run.pk} builds the index anew."


def _print(findings: Sequence[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        mark = "[green]ok[/]   " if finding.ok else "[red]wrong[/]"
        console.print(f"{mark} {finding.subject}: {escape(finding.sentence)}")
