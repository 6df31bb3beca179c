"""`manage.py objects`: copies pictures into the bucket, and gives room on this machine back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.bucket import maintenance
from search.errors import UserError
from search.models import Dataset
from search.permissions.visibility import dataset_named


class Command(BaseCommand):
    help = (
        "Copy derivatives and uploaded originals that lie on this machine into the bucket; may run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="only these datasets")
        parser.add_argument(
            "--keep-gb",
            type=float,
            metavar="N",
            help="then remove files of this machine that the bucket has, those unused for longest first, down to N GB",
        )

    def handle(self, *, names: list[str], keep_gb: float | None, **_: Any) -> None:
        if settings.OBJECTS is None:
            raise CommandError("There is no bucket. Set CLIPSITE_OBJECTS (docs/administration.md) first.")
        if keep_gb is not None and keep_gb < 0:
            raise CommandError(f"--keep-gb is {keep_gb:g}; it must be 0 or more.")
        try:
            every = Dataset.objects.order_by("name")
            lacking = [self._copy(dataset) for dataset in ([dataset_named(name, every) for name in names] or every)]
            if keep_gb is not None:
                self._trim(round(keep_gb * 1e9))
        except UserError as error:
            raise CommandError(str(error)) from error
        if any(lacking):
            raise CommandError("Originals are missing: run this where they lie, or mount their folder here.")

    def _copy(self, dataset: Dataset) -> int:
        result = maintenance.sync_dataset(dataset)
        copied = f"{dataset.name}: {result.files:,} files copied ({result.bytes / 1e6:,.1f} MB)"
        lacking = f"; {result.lacking:,} originals are neither here nor in the bucket" if result.lacking else ""
        self.stdout.write(f"{copied}{lacking}.")
        return result.lacking

    def _trim(self, most_bytes: int) -> None:
        trimmed = maintenance.trim(most_bytes)
        self.stdout.write(
            f"{trimmed.files:,} files removed here ({trimmed.bytes / 1e6:,.1f} MB); "
            f"{trimmed.left / 1e6:,.1f} MB of pictures are left."
        )
