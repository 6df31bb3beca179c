"""`manage.py prepare`: what one machine of a team's installation does once before the others start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clipsite.server import prepare
from search.accounts.administrators import ADMINISTRATOR, ensure_first_administrator
from search.errors import UserError


class Command(BaseCommand):
    help = "Migrates the database, collects the static files and creates the first administrator; `up` does it too."
    requires_system_checks = ()

    def handle(self, *args: object, **options: Any) -> None:
        try:
            migrations = prepare.migrate()
        except UserError as error:
            raise CommandError(str(error)) from error
        prepare.collect_static_files()
        self.stdout.write(f"The database is up to date ({migrations} migrations applied); static files are collected.")
        if (password := ensure_first_administrator()) is not None:
            self.stdout.write(f"Created the first administrator: {ADMINISTRATOR} / {password} (shown this once).")
        self.stdout.write(f"Data folder: {settings.DATA_DIR}.")
