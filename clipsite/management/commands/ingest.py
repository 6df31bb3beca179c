"""`manage.py ingest NAME PATH`: make a dataset of a folder, or bring it up to date, and index it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clipsite.config.installation import COMMAND
from clipsite.management.commands._output import json_line
from clipsite.management.commands._runs import (
    add_priority,
    announce,
    priority_named,
    user_errors_as_command_errors,
    user_named,
)
from search.datasets.create import check_folder, command_line_roots, dataset_for_folder, existing_for_folder
from search.encoders import registry
from search.ingest.plan import LABELS, describe, plan_changes
from search.models import Dataset
from workers.ledger import entries
from workers.models import Run
from workers.runs.start import require_broker, start_run

_EXAMPLES = 5
"""Names of each kind on the console; --json has more."""


class Command(BaseCommand):
    help = "Index a folder of images as a dataset; run it again to pick up new, changed and removed files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name; made when it is new")
        parser.add_argument("path", metavar="PATH", type=Path, help="the folder; subfolders are read too")
        parser.add_argument("--private", action="store_true", help="only staff and the owner may see a new dataset")
        parser.add_argument("--owner", metavar="USERNAME", help="who owns a new dataset and may see it when private")
        parser.add_argument("--encoder", help=f"encoder to index with; see {COMMAND} encoders")
        add_priority(parser)
        parser.add_argument("--wait", action="store_true", help="follow the run; exit code 1 if it fails")
        parser.add_argument("--dry-run", action="store_true", help="say what a run would do; change nothing")
        parser.add_argument("--json", action="store_true", help="with --dry-run: one line of JSON")

    def handle(
        self,
        *,
        name: str,
        path: Path,
        private: bool,
        owner: str | None,
        encoder: str | None,
        priority: str,
        wait: bool,
        dry_run: bool,
        json: bool,
        **_: Any,
    ) -> None:
        if json and not dry_run:
            raise CommandError("--json prints the plan of a --dry-run. Add --dry-run, or leave --json out.")
        with user_errors_as_command_errors():
            folder = check_folder(path.expanduser(), roots=command_line_roots())
            if dry_run:
                self._show_plan(name, folder, private=private, owner=owner, as_json=json)
                return
            require_broker()
            if encoder:
                registry.describe(encoder)  # refuse a wrong name before a dataset is made for it
            dataset, created = dataset_for_folder(name=name, folder=folder, private=private, owner=user_named(owner))
            if created:
                self.stdout.write(f"Made {dataset.visibility} dataset {dataset.name} of {folder}.")
            run = start_run(dataset, Run.Kind.INDEX, encoder=encoder, priority=priority_named(priority))
        announce(run, wait=wait)

    def _show_plan(self, name: str, folder: Path, *, private: bool, owner: str | None, as_json: bool) -> None:
        known = existing_for_folder(name=name, folder=folder, private=private, owner=user_named(owner))
        dataset = known or Dataset(name=name, source_path=str(folder))
        plan = plan_changes(dataset, entries.skipped_image_ids(known) if known else frozenset()).as_json()
        if as_json:
            self.stdout.write(json_line(plan))
            return
        for field, label in LABELS.items():
            tally = plan[field]
            if tally["count"]:
                self.stdout.write(f"{tally['count']:>11,} {_megabytes(tally['bytes']):>12}  {label}")
                if field != "unchanged":
                    self._show_examples(tally)
        self.stdout.write(describe(plan))

    def _show_examples(self, tally: dict[str, Any]) -> None:
        shown = tally["examples"][:_EXAMPLES]
        for example in shown:
            self.stdout.write(f"{'':26}  {example}")
        if left := tally["count"] - len(shown):
            self.stdout.write(f"{'':26}  and {left:,} more")


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
