"""`manage.py doctor`: checks everything that clipsite needs and says what to do where something is wrong."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape

from search.management.commands._output import json_line
from search.services.diagnosis import diagnose


class Command(BaseCommand):
    help = "Check the installation; exit code 1 if something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(self, *, json: bool, **_: Any) -> None:
        findings = diagnose()
        if json:
            self.stdout.write(json_line([asdict(finding) for finding in findings]))
        else:
            console = Console(highlight=False, soft_wrap=True)
            for finding in findings:
                mark = "[green]ok[/]   " if finding.ok else "[red]wrong[/]"
                console.print(f"{mark} {finding.subject}: {escape(finding.sentence)}")
        wrong = sum(not finding.ok for finding in findings)
        if wrong:
            raise CommandError(f"{wrong} of {len(findings)} checks failed.")
