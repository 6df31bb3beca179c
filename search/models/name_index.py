"""The index of the database over three characters in a row of image names, which finds parts of names.

Django cannot describe it, so it is made by hand: by a migration, and again whenever it is missing after migrations.
On SQLite it is the table search_image_names of FTS5, with the ids of images, which triggers keep; on PostgreSQL an
index of the extension pg_trgm. Both may be impossible to make; without them names are compared one by one.
"""

from __future__ import annotations

import sqlite3

from django.db import NotSupportedError, OperationalError, ProgrammingError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

_FORGET = "INSERT INTO search_image_names(search_image_names, rowid, name) VALUES ('delete', old.id, old.name);"
_REMEMBER = "INSERT INTO search_image_names(rowid, name) VALUES (new.id, new.name);"
_TRIGGERS = {
    "image_added": f"AFTER INSERT ON search_image BEGIN {_REMEMBER} END",
    "image_removed": f"AFTER DELETE ON search_image BEGIN {_FORGET} END",
    # save() and bulk_update() write names that are as they were.
    "image_renamed": (
        "AFTER UPDATE OF id, name ON search_image WHEN old.name IS NOT new.name OR old.id IS NOT new.id "
        f"BEGIN {_FORGET} {_REMEMBER} END"
    ),
}
_FIRST_WITH_TRIGRAMS = (3, 34, 0)
_REFUSALS = {"42501", "0A000", "58P01"}
"""PostgreSQL: this role may not; the extension is not installed on the server, in two ways of saying so."""


def name_index_stands(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether the index is there and kept: without its triggers, one of SQLite is not what the images are."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'search_image'")
            return _TRIGGERS.keys() <= {name for (name,) in cursor}
        cursor.execute("SELECT to_regclass('image_name_trigrams') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def name_index_can_be_made(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether the database has what the index is made with, without regard to what this role may do."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')")
            return bool(cursor.fetchone()[0]) and sqlite3.sqlite_version_info >= _FIRST_WITH_TRIGRAMS
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")
        return bool(cursor.fetchone()[0])


def keep_name_index(connection: BaseDatabaseWrapper) -> None:
    """Makes and fills the index where it is missing and can be made; does nothing where it stands.

    A migration that changes a table of SQLite copies it, and the triggers of the old one are gone. What was written
    meanwhile is not known, so all names are read again: 1,000,000 take about 14 seconds.
    """
    if "search_image" not in connection.introspection.table_names() or name_index_stands(connection):
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
        cursor.execute("DROP TABLE IF EXISTS search_image_names")
        # Without texts of its own, and without where in a name the three characters stand: a third of the size.
        cursor.execute(
            "CREATE VIRTUAL TABLE search_image_names USING fts5(name, content='search_image', content_rowid='id', "
            "tokenize='trigram', detail=none, columnsize=0)"
        )
        cursor.execute("INSERT INTO search_image_names(search_image_names) VALUES ('rebuild')")
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
            f"CREATE INDEX image_name_trigrams ON search_image USING gin (UPPER(name::text) {schema}.gin_trgm_ops)"
        )


def _is_refusal(error: Exception) -> bool:
    """Tell whether the database has no such index, or does not let this role make one; all else is a failure."""
    lacking = str(error).startswith(("no such module", "no such tokenizer"))
    return lacking or getattr(error.__cause__, "sqlstate", None) in _REFUSALS
