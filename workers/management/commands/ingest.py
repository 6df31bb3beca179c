"""`manage.py ingest NAME PATH`: make a dataset of a folder, or bring it up to date, and index it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from search.encoders import registry
from search.services.datasets import check_folder, command_line_roots, dataset_for_folder
from workers.management.commands._runs import (
    add_priority,
    announce,
    priority_named,
    user_errors_as_command_errors,
    user_named,
)
from workers.models import Run
from workers.starting import require_broker, start_run


class Command(BaseCommand):
    help = "Index a folder of images as a dataset; run it again to pick up new, changed and removed files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the dataset's name; made when it is new")
        parser.add_argument("path", metavar="PATH", type=Path, help="the folder; subfolders are read too")
        parser.add_argument("--private", action="store_true", help="only staff and the owner may see a new dataset")
        parser.add_argument("--owner", metavar="USERNAME", help="who owns a new dataset and may see it when private")
        parser.add_argument("--encoder", help="encoder to index with; see manage.py encoders")
        add_priority(parser)
        parser.add_argument("--wait", action="store_true", help="follow the run; exit code 1 if it fails")

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
        **_: Any,
    ) -> None:
        with user_errors_as_command_errors():
            folder = check_folder(path.expanduser(), roots=command_line_roots())
            require_broker()
            if encoder:
                registry.describe(encoder)  # refuse a wrong name before a dataset is made for it
            dataset, created = dataset_for_folder(name=name, folder=folder, private=private, owner=user_named(owner))
            if created:
                self.stdout.write(f"Made {dataset.visibility} dataset {dataset.name} of {folder}.")
            run = start_run(dataset, Run.Kind.INDEX, encoder=encoder, priority=priority_named(priority))
        announce(run, wait=wait)
