"""The index of the database over three characters in a row of image names, which finds parts of names.

Django cannot describe it, so it is made by hand: by a migration, and again whenever it is missing after migrations.
On SQLite it is a table of FTS5 that triggers keep, on PostgreSQL an index of the extension pg_trgm. Both may be
impossible to make; without them names are compared one by one.
"""

from __future__ import annotations

import sqlite3

from django.db import NotSupportedError, OperationalError, ProgrammingError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

NAMES = "search_image_names"
"""On SQLite; its rows have the ids of the images. Holds no texts, and not where in a name three characters stand."""

_IMAGES = "search_image"
_FORGET = f"INSERT INTO {NAMES}({NAMES}, rowid, name) VALUES ('delete', old.id, old.name);"
_REMEMBER = f"INSERT INTO {NAMES}(rowid, name) VALUES (new.id, new.name);"
_TRIGGERS = {
    # save() and bulk_update() write names that are as they were.
    "image_renamed": (
        f"AFTER UPDATE OF id, name ON {_IMAGES} WHEN old.name IS NOT new.name OR old.id IS NOT new.id "
        f"BEGIN {_FORGET} {_REMEMBER} END"
    ),
    "image_added": f"AFTER INSERT ON {_IMAGES} BEGIN {_REMEMBER} END",
    "image_removed": f"AFTER DELETE ON {_IMAGES} BEGIN {_FORGET} END",
}
_FIRST_WITH_TRIGRAMS = (3, 34, 0)
_POSTGRESQL_INDEX = "image_name_trigrams"
_REFUSALS = {"42501", "0A000", "58P01"}
"""PostgreSQL: this role may not; the extension is not installed on the server, in two ways of saying so."""


def name_index_stands(connection: BaseDatabaseWrapper) -> bool:
    """Whether the index is there and kept: without its triggers, one of SQLite is not what the images are."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            names = ", ".join(f"'{name}'" for name in _TRIGGERS)
            cursor.execute(f"SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN ({names})")
            return bool(cursor.fetchone()[0] == len(_TRIGGERS))
        cursor.execute(f"SELECT to_regclass('{_POSTGRESQL_INDEX}') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def name_index_can_be_made(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database has what the index is made with, without regard to what this role may do."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')")
            return bool(cursor.fetchone()[0]) and sqlite3.sqlite_version_info >= _FIRST_WITH_TRIGRAMS
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")
        return bool(cursor.fetchone()[0])


def keep_name_index(connection: BaseDatabaseWrapper) -> None:
    """Makes and fills the index where it is missing and can be made; does nothing where it stands.

    A migration that changes a table of SQLite copies it, and the triggers of the old one are gone. What was written
    meanwhile is not known, so all names are read again: 1,000,000 take some 15 seconds.
    """
    if _IMAGES not in connection.introspection.table_names() or name_index_stands(connection):
        return
    make = _make_on_sqlite if connection.vendor == "sqlite" else _make_on_postgresql
    try:
        with transaction.atomic(using=connection.alias):
            make(connection)
    except (NotSupportedError, OperationalError, ProgrammingError) as error:
        if not _is_refusal(error):
            raise


def _make_on_sqlite(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in _TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(f"DROP TABLE IF EXISTS {NAMES}")
        cursor.execute(
            f"CREATE VIRTUAL TABLE {NAMES} USING fts5(name, content='{_IMAGES}', content_rowid='id', "
            "tokenize='trigram', detail=none, columnsize=0)"
        )
        cursor.execute(f"INSERT INTO {NAMES}({NAMES}) VALUES ('rebuild')")
        for name, what in _TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER {name} {what}")


def _make_on_postgresql(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        # Some servers keep extensions in a schema that is not searched.
        cursor.execute("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'")
        schema = cursor.fetchone()[0]
        # The expression is the one that Django writes for `icontains`.
        cursor.execute(
            f"CREATE INDEX {_POSTGRESQL_INDEX} ON {_IMAGES} USING gin (UPPER(name::text) {schema}.gin_trgm_ops)"
        )


def _is_refusal(error: Exception) -> bool:
    """Whether the database has no such index, or does not let this role make one; all else is a failure."""
    lacking = str(error).startswith(("no such module", "no such tokenizer"))
    return lacking or getattr(error.__cause__, "sqlstate", None) in _REFUSALS
