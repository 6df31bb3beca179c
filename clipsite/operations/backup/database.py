"""The database of a site as files: a dump of one moment while others write, and its restore.

SQLite copies itself with its own backup function. PostgreSQL hands out its tables by COPY, all as one transaction sees
them, so that no program of the version of the server has to be there.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.loader import MigrationLoader

from search.errors import BackupRefused
from search.models import Dataset

_SQLITE = "clipsite.sqlite3"
_READ_BYTES = 1 << 20
_LIVE = "SELECT d.id, v.number FROM search_dataset d JOIN search_indexversion v ON v.id = d.live_version_id"
_MAPS = (
    "SELECT v.dataset_id, max(p.id) FROM search_projection p JOIN search_indexversion v ON v.id = p.version_id "
    "JOIN search_dataset d ON d.live_version_id = v.id GROUP BY v.dataset_id"
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of a database dump, and below their folders the live index versions and the newest map of each."""

    files: list[Path]
    versions: list[str]
    maps: list[str]


def dump(folder: Path) -> Snapshot:
    """Write the database as it is at this moment into an empty folder."""
    return _dump_sqlite(folder) if connection.vendor == "sqlite" else _dump_postgresql(folder)


def restore(folder: Path, migrations: dict[str, str]) -> None:
    """Fill the database of this site with what `dump` wrote, and apply later migrations. Raises BackupRefused."""
    if connection.vendor == "sqlite":
        _restore_sqlite(folder)
    else:
        _restore_postgresql(folder, migrations)
    call_command("migrate", interactive=False, verbosity=0)


def newest_migrations() -> dict[str, str]:
    """Return the last migration of each application that this database has."""
    newest: dict[str, str] = {}
    for app, name in sorted(MigrationLoader(connection).applied_migrations):
        newest[app] = name
    return newest


def require_known(migrations: dict[str, str]) -> None:
    """Raise BackupRefused where the database of a backup is of a newer clipsite than this one."""
    # The names alone, from the files: a database that is to be empty must not be made by asking.
    known = MigrationLoader(None).disk_migrations
    unknown = [f"{app}.{name}" for app, name in migrations.items() if (app, name) not in known]
    if unknown:
        raise BackupRefused(
            f"The backup is of another clipsite: this one does not know {', '.join(unknown)}. "
            "Install the version that made it, or a newer one, and restore again."
        )


def _paths(rows: Iterable[tuple[int, int]]) -> list[str]:
    return [f"{dataset_id}/{number}" for dataset_id, number in rows]


def _dump_sqlite(folder: Path) -> Snapshot:
    path = folder / _SQLITE
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)
        # One file, whose companions would be left behind.
        copy.execute("PRAGMA journal_mode=DELETE")
        return Snapshot([path], _paths(copy.execute(_LIVE)), _paths(copy.execute(_MAPS)))


def _restore_sqlite(folder: Path) -> None:
    target = Path(connection.settings_dict["NAME"])
    connection.close()
    # SQLite would replay the log of the old database into the new one.
    for companion in ("-wal", "-shm"):
        target.with_name(target.name + companion).unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder / _SQLITE, target)


def _dump_postgresql(folder: Path) -> Snapshot:
    files = []
    with transaction.atomic(), connection.cursor() as cursor:
        # COPY in one transaction and not pg_dump, which would have to be of the version of the server.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for table in _tables():
            path = folder / f"{table}.copy"
            with path.open("wb") as file, cursor.copy(f"COPY {_quote(table)} TO STDOUT (FORMAT BINARY)") as rows:
                for part in rows:
                    file.write(part)
            files.append(path)
        cursor.execute(_LIVE)
        versions = _paths(cursor.fetchall())
        cursor.execute(_MAPS)
        return Snapshot(files, versions, _paths(cursor.fetchall()))


def _restore_postgresql(folder: Path, migrations: dict[str, str]) -> None:
    """Copy rows into tables of the shape that they had: migrations decide the order of columns."""
    try:
        for app, name in migrations.items():
            call_command("migrate", app, _squashed_name(app, name), interactive=False, verbosity=0)
    except IrreversibleError as error:
        raise BackupRefused(
            "The database is of a newer clipsite than the backup. Set CLIPSITE_DATABASE_URL to an empty database."
        ) from error
    tables = _tables()
    with transaction.atomic(), connection.cursor() as cursor:
        # Django's foreign keys are checked at the end of the transaction, so that the order does not matter.
        cursor.execute(f"TRUNCATE {', '.join(map(_quote, tables))} CASCADE")
        for table in tables:
            path = folder / f"{table}.copy"
            if not path.exists():
                continue
            with cursor.copy(f"COPY {_quote(table)} FROM STDIN (FORMAT BINARY)") as rows:
                for block in _blocks(path):
                    rows.write(block)
        for table in tables:
            for sequence in connection.introspection.get_sequences(cursor, table):
                column, table_name = _quote(sequence["column"]), _quote(table)
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence(%s, %s), coalesce(max({column}), 1), "  # noqa: S608 (names of our own tables)
                    f"max({column}) IS NOT NULL) FROM {table_name}",
                    [table_name, sequence["column"]],
                )


def _squashed_name(app: str, name: str) -> str:
    """Return the squashed migration that ends with the one named, or else the name itself.

    Django finds a migration that was squashed by no other name.
    """
    for (_, squashed), migration in MigrationLoader(connection).replacements.items():
        if migration.replaces[-1] == (app, name):
            return squashed
    return name


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            yield block


def _tables() -> list[str]:
    return sorted(connection.introspection.table_names())


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)


def has_datasets() -> bool:
    """Return whether this site has any; one without tables has none."""
    tables = connection.introspection.table_names()
    return Dataset._meta.db_table in tables and Dataset.objects.exists()


def move_folders(before: str, now: str) -> int:
    """Point datasets whose originals were in the data folder `before` to `now`; return how many there are."""
    number = 0
    for dataset in Dataset.objects.filter(source_path__startswith=f"{before}/"):
        dataset.source_path = now + dataset.source_path.removeprefix(before)
        dataset.save(update_fields=["source_path"])
        number += 1
    return number
