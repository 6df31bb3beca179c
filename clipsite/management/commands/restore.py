"""`manage.py restore`: an empty data folder and database become the site of a backup."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clipsite.config.installation import COMMAND
from clipsite.operations.backup.restore import RestoreResult, restore_backup
from clipsite.server.supervisor import AlreadyRunning, FolderLock
from search.errors import UserError


class Command(BaseCommand):
    help = "Make a site of a backup, in an empty data folder and an empty database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, help=f"the file that {COMMAND} backup wrote")

    def handle(self, *, backup: Path, **_: Any) -> None:
        try:
            with FolderLock(settings.DATA_DIR / "up.lock", f"process {os.getpid()}, which restores a backup"):
                restored = restore_backup(backup.expanduser().absolute())
        except AlreadyRunning as running:
            raise CommandError(f"clipsite runs on {settings.DATA_DIR} ({running.holder}). Stop it first.") from running
        except UserError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The backup could not be restored: {error}.") from error
        self._say(restored)

    def _say(self, restored: RestoreResult) -> None:
        self.stdout.write(f"Restored {restored.files:,} files of the backup of {restored.made_at}.")
        if restored.needs_key:
            self.stdout.write("The secret key was a variable: set CLIPSITE_SECRET_KEY as before, or all sign in again.")
        for bucket in restored.buckets:
            self.stdout.write(f"Pictures lie in {bucket}: set CLIPSITE_OBJECTS before you start the site.")
        for name in restored.without_derivatives:
            self.stdout.write(f"{name} has no resized pictures; once the site runs: {COMMAND} reindex {name!r}")
        self.stdout.write(f"Start the site, then check it: {COMMAND} doctor")
