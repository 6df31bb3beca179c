"""Checks of everything that clipsite needs, each answered in one sentence."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from clipsite.config.installation import COMMAND, START
from search.bucket.maintenance import problem as bucket_problem
from search.encoders.default import default_encoder
from search.errors import IndexDamaged, ServiceUnavailable, UserError
from search.index.live import live_indexes
from search.index.milvus import backend
from search.models import Dataset
from search.models.name_index import name_index_can_be_made, name_index_stands
from search.valkey import valkey_address, valkey_answers
from search.versions.overview import index_alerts

_LEAST_FREE_BYTES = 2 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: `ok`, and a sentence that says what was found or what to do."""

    subject: str
    ok: bool
    sentence: str


def diagnose() -> list[Finding]:
    """Return the findings of every check; later checks need what earlier ones look at."""
    checks: tuple[Callable[[], Finding], ...] = (
        _data_folder,
        _disk,
        _database,
        _names,
        _valkey,
        _faiss,
        _vectors,
        _pictures,
        _device,
        _encoder,
        _indexes,
    )
    return [run_check(check) for check in checks]


def run_check(check: Callable[[], Finding]) -> Finding:
    """Return the finding of a check, or one that says that the check broke: the doctor must never be the patient."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever is broken about an installation shows here
        subject = check.__name__.strip("_").replace("_", " ")
        return Finding(subject, False, f"The check itself failed ({type(error).__name__}: {error}).")


def _data_folder() -> Finding:
    folder = Path(settings.DATA_DIR)
    if folder.is_dir() and os.access(folder, os.W_OK):
        return Finding("data folder", True, f"{folder} can be written.")
    return Finding("data folder", False, f"{folder} cannot be written. Set CLIPSITE_DATA_DIR to a folder that can.")


def _disk() -> Finding:
    """Return the finding on free space, each disk once: folders of the data folder may be links to others."""
    folders = {"the data folder": settings.DATA_DIR, "originals": settings.ORIGINALS_DIR}
    folders |= {
        "derivatives": settings.DERIVATIVES_DIR,
        "indexes": settings.INDEXES_DIR,
        "maps": settings.PROJECTIONS_DIR,
    }
    disks: dict[int, list[str]] = {}
    free: dict[int, int] = {}
    for name, folder in folders.items():
        path = Path(folder)
        if path.is_dir():
            disk = path.stat().st_dev
            disks.setdefault(disk, []).append(name)
            free[disk] = shutil.disk_usage(path).free
    sentences = [f"{free[disk] / (1 << 30):.1f} GB are free for {', '.join(names)}." for disk, names in disks.items()]
    is_enough = min(free.values()) >= _LEAST_FREE_BYTES
    advice = [] if is_enough else ["Indexing needs room for derivatives and index versions; free some."]
    return Finding("disk", is_enough, " ".join(sentences + advice))


def _database() -> Finding:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Finding("database", False, f"It does not answer ({error}). Check CLIPSITE_DATABASE_URL.")
    if pending:
        return Finding(
            "database",
            False,
            f"{len(pending)} migrations are missing. Start clipsite ({START}), or run: {COMMAND} prepare",
        )
    return Finding("database", True, f"{connection.vendor} answers and is up to date.")


def _names() -> Finding:
    """Return the finding on the index of file names; without it each filter by file name reads all of them."""
    if name_index_stands(connection):
        return Finding("file names", True, "Filters by file name use an index.")
    if name_index_can_be_made(connection):
        sentence = f"The index for filters by file name is missing. Run: {COMMAND} migrate"
        return Finding("file names", False, sentence)
    slow = "Filters by file name read every name, because"
    if connection.vendor == "sqlite":
        sentence = f"{slow} this SQLite ({sqlite3.sqlite_version}) has no FTS5 with trigrams; 3.34 and later can."
        return Finding("file names", True, sentence)
    return Finding(
        "file names",
        False,
        f"{slow} the extension pg_trgm is missing. Let an administrator of PostgreSQL run, in the database "
        f"{connection.settings_dict['NAME']}: CREATE EXTENSION pg_trgm; and then run: {COMMAND} migrate",
    )


def _valkey() -> Finding:
    if valkey_answers():
        return Finding("Valkey", True, "It answers.")
    return Finding(
        "Valkey", False, f"Nothing answers at {valkey_address()}. Start clipsite ({START}), or set CLIPSITE_REDIS_URL."
    )


def _faiss() -> Finding:
    installed = []
    # Both install the same module `faiss`, so that of two the later one has overwritten files of the other.
    for package in ("faiss-cpu", "faiss-gpu"):
        try:
            installed.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    if len(installed) == 1:
        return Finding("FAISS", True, f"{installed[0]} is installed.")
    packages = " and ".join(installed) or "neither"
    return Finding("FAISS", False, f"{packages} is installed; install exactly one of faiss-cpu and faiss-gpu.")


def _vectors() -> Finding:
    if settings.VECTORS == "faiss":
        return Finding("vectors", True, "New index versions are files that FAISS searches here.")
    server = backend.from_settings().server
    try:
        version = server.version()
    except ServiceUnavailable as error:
        return Finding("vectors", False, str(error))
    return Finding("vectors", True, f"Milvus {version.removeprefix('v')} answers at {server.address.shown}.")


def _pictures() -> Finding:
    if settings.OBJECTS is None:
        return Finding("pictures", True, "Derivatives and uploads lie in the data folder.")
    if problem := bucket_problem():
        return Finding("pictures", False, problem)
    return Finding("pictures", True, f"{settings.OBJECTS.address} can be written, read and signed, and has them all.")


def _device() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("device", True, f"Encoders run on {torch.cuda.get_device_name(0)}.")
    return Finding("device", True, f"No GPU; encoders run on {torch.get_num_threads()} CPU threads.")


def _encoder() -> Finding:
    try:
        default = default_encoder()
    except UserError as error:
        return Finding("encoder", False, str(error))
    return Finding("encoder", True, f"New datasets get {default.name}. {default.reason}".strip())


def _indexes() -> Finding:
    live = list(Dataset.objects.filter(live_version__isnull=False))
    problems = []
    for dataset in live:
        try:
            live_indexes.of(dataset)
        except IndexDamaged:
            continue  # it is marked now, and so among the alerts
        except UserError as error:
            problems.append(str(error))
    problems += [f"{alert.dataset.name}: {alert.sentence()}" for alert in index_alerts(Dataset.objects.all())]
    if problems:
        return Finding("indexes", False, " ".join(problems))
    return Finding("indexes", True, f"{len(live)} live index versions open and match their checksums.")
