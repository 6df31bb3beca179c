"""Preparations before the site starts: an up-to-date database and collected static files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from clipsite import __version__
from search.bucket.maintenance import forget_other_buckets
from search.errors import ServiceUnavailable


def migrate() -> int:
    """Apply the missing migrations and return their number; forget what the records say of another bucket."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            call_command("migrate", interactive=False, verbosity=0)
        else:
            # `migrate` writes down that a squashed migration is applied; a later release may lack the ones it replaces.
            executor.check_replacements()
        forget_other_buckets()
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise ServiceUnavailable(
            f"The database does not answer: {reason}. Check CLIPSITE_DATABASE_URL and CLIPSITE_DATA_DIR."
        ) from error
    return len(missing)


def collect_static_files() -> bool:
    """Collect the static files unless nothing changed since the last time; return whether there was work."""
    stamp: Path = settings.STATIC_ROOT.with_name("static.stamp")
    fingerprint = _fingerprint()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint and settings.STATIC_ROOT.is_dir():
        return False
    # First, so that a collection that is broken off does not count as done.
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint, encoding="utf-8")
    return True


def _fingerprint() -> str:
    """Return a hash of names, sizes and times of the static files and of how they are stored."""
    # With the versions, since installers may set the times of files as they like.
    digest = hashlib.sha256(f"{__version__} {django.__version__} {settings.STORAGES}".encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list(ignore_patterns=None), key=lambda entry: entry[0]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
