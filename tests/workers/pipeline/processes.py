"""Processes beside the tests': they work on the same database, Valkey and folders."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[3]


def environment() -> dict[str, str]:
    """The variables under which another process finds what this test sees."""
    return os.environ | {"CLIPSITE_DATABASE_URL": _database_url(), "DJANGO_SETTINGS_MODULE": "clipsite.config.settings"}


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(database['NAME']))}"
    login = f"{quote(database['USER'])}:{quote(database['PASSWORD'], safe='')}"
    return f"postgres://{login}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def python(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Starts a short program with Django set up."""
    lines = f"import django\ndjango.setup()\n{program}"
    return subprocess.Popen([sys.executable, "-c", lines, *arguments], cwd=ROOT, env=environment(), text=True)


@contextmanager
def worker(queues: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker that does one batch after the other, in the folders of this test."""
    folders = f"from django.conf import settings\nsettings.DERIVATIVES_DIR = {str(settings.DERIVATIVES_DIR)!r}\n"
    start = f"from workers.celery import app\napp.worker_main({_arguments(queues)!r})"
    process = subprocess.Popen([sys.executable, "-c", folders + start], cwd=ROOT, env=environment())
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _arguments(queues: str) -> Sequence[str]:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    return ["worker", "-Q", queues, "--pool", "solo", "-n", "test@%h", *quiet]
