"""`manage.py backup`: everything that cannot be made again, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clipsite.operations.backup.make import make_backup
from search.errors import UserError


class Command(BaseCommand):
    help = "Write a backup of the database, originals, live indexes, maps and the secret key; the site may run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, help="a new file, or a folder for a file named by the time")
        parser.add_argument(
            "--without-derivatives", action="store_true", help="leave out the resized pictures, which can be made again"
        )

    def handle(self, *, target: Path, without_derivatives: bool, **_: Any) -> None:
        try:
            made = make_backup(target.expanduser().absolute(), derivatives=not without_derivatives)
        except UserError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The backup could not be written: {error}.") from error
        self.stdout.write(f"{made.path}: {made.files:,} files, {made.bytes / 1e6:,.1f} MB.")
        if made.gone:
            self.stdout.write(f"{made.gone:,} files were deleted by the site meanwhile and are not in it.")
        if made.bucket:
            self.stdout.write(f"Derivatives and uploaded originals that lie in {made.bucket} are not in it.")
        self.stdout.write("It holds the secret key and all accounts: keep it where only you can read it.")
