"""`manage.py up`: runs the whole site on this machine, every part as a supervised process."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from clipsite.config.installation import COMMAND
from clipsite.server import embedded_valkey, health, ports, prepare, stack
from clipsite.server.address import site_address
from clipsite.server.supervisor import AlreadyRunning, FolderLock, Supervisor
from search.accounts.administrators import ADMINISTRATOR, ensure_first_administrator
from search.datasets.create import check_folder, command_line_roots
from search.encoders import default, registry
from search.errors import ServiceUnavailable, UserError
from search.models import Dataset
from search.polling import wait_for

VALKEY_SECONDS = 60
WEB_SECONDS = 180
WEB_STARTS = 3


class Command(BaseCommand):
    help = "Runs the site: Valkey, web server, workers and scheduler. Ctrl-C stops all of them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--images", metavar="PATH", help="index this folder of photos once the site is up")
        parser.add_argument("--name", help="name of the dataset made from --images (default: the folder's name)")
        parser.add_argument("--no-samples", action="store_true", help="leave an empty library empty")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            images = _folder(options["images"])
            _check_faiss()
            _check_encoder()
            with FolderLock(settings.DATA_DIR / "up.lock", f"process {os.getpid()}, {site_address()}"):
                _run(images, options["name"], samples=not options["no_samples"])
        except AlreadyRunning as running:
            raise CommandError(
                f"clipsite already runs on {settings.DATA_DIR} ({running.holder}). "
                "Stop it first, or set CLIPSITE_DATA_DIR to another folder."
            ) from running
        except UserError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The data folder {settings.DATA_DIR} cannot be used: {error}.") from error


def _folder(path: str | None) -> Path | None:
    if path is None:
        return None
    return check_folder(Path(path).expanduser(), roots=command_line_roots())


def _run(images: Path | None, name: str | None, *, samples: bool) -> None:
    started = time.monotonic()
    if not _site_port_is_free():
        raise ServiceUnavailable(
            f"Port {settings.PORT} on {settings.HOST} is in use, so the site cannot start there. "
            "Stop the program that uses it, or set CLIPSITE_PORT to a free port."
        )
    supervisor = Supervisor(settings.LOGS_DIR, "clipsite")
    try:
        with supervisor:
            password = _start(supervisor)
            _banner(supervisor, password, time.monotonic() - started)
            _fill(supervisor, images, name, samples=samples)
            supervisor.wait()
    except KeyboardInterrupt:
        supervisor.say("Stopped.")


def _site_port_is_free() -> bool:
    try:
        return ports.is_free(settings.HOST, settings.PORT)
    except OSError as error:
        raise ServiceUnavailable(
            f"CLIPSITE_HOST is {settings.HOST!r}, which is no address of this machine ({error.strerror}). "
            "Use 127.0.0.1 for this machine alone, or 0.0.0.0 for all its addresses."
        ) from error


def _check_faiss() -> None:
    """No dependency of the package brings it, because it has one for processors and one for GPUs."""
    if find_spec("faiss") is None:
        raise ServiceUnavailable(
            "FAISS, which searches the vectors, is not installed. Install one of its two packages with pip: faiss-cpu, "
            "or faiss-gpu on a machine with an NVIDIA GPU."
        )


def _check_encoder() -> None:
    if settings.ENCODER != default.AUTO:
        try:
            registry.describe(settings.ENCODER)
        except UserError as error:
            raise ServiceUnavailable(f"CLIPSITE_ENCODER: {error}") from error


def _start(supervisor: Supervisor) -> str | None:
    if settings.EMBEDDED_VALKEY:
        supervisor.start(stack.valkey_server())
    if count := prepare.migrate():
        supervisor.say(f"Applied {count} migrations to the database.")
    prepare.collect_static_files()
    embedded_valkey.wait_until_ready(VALKEY_SECONDS)
    web = supervisor.start(stack.web())
    wait_for(lambda: health.answers() or web.starts > WEB_STARTS, WEB_SECONDS)
    if not health.answers():
        raise ServiceUnavailable(f"The web server does not answer; its last words are in {settings.LOGS_DIR}/web.log.")
    for child in (stack.cpu_worker(), stack.gpu_worker(), stack.beat()):
        supervisor.start(child)
    # Made last, so that the password, which is shown once, is shown by a start that succeeded.
    password = ensure_first_administrator()
    # This process only watches from here on; its connection would hold a lock or a slot for nothing.
    connections.close_all()
    return password


def _banner(supervisor: Supervisor, password: str | None, seconds: float) -> None:
    lines = [
        "",
        f"clipsite is ready at {site_address()} after {seconds:.1f} s.",
        f"  Administration  {site_address()}admin/",
        f"  Data            {settings.DATA_DIR}",
        "  Stop            Ctrl-C",
        "",
    ]
    if password is not None:
        lines[3:3] = [
            f"  Sign in         {ADMINISTRATOR} / {password}   (shown this once; change it under Administration)"
        ]
    for line in lines:
        supervisor.say(line)


def _fill(supervisor: Supervisor, images: Path | None, name: str | None, *, samples: bool) -> None:
    """Gives the library its first photos; when that fails the site stays up."""
    command: tuple[str, ...]
    if images is not None:
        command = ("ingest", name or images.name, str(images), "--wait")
    elif samples and not Dataset.objects.exists():
        command = ("samples", "--wait")
    else:
        return
    connections.close_all()
    if status := supervisor.run_once(stack.management(command[0], *command)):
        supervisor.say(f"`{COMMAND} {command[0]}` failed with exit status {status}; the site stays up.")
