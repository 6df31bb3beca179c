"""The test database as it was after the migrations, given back after each test that commits.

Django deletes the rows of every table, and then makes all content types and permissions anew, which takes longer than
most tests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from django.core.management.color import no_style
from django.db import connection

_OF_MIGRATIONS = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables whose rows migrations make and no test changes."""


def take_snapshot() -> Callable[[], None]:
    """Returns a function that undoes what a test has committed. No id is given twice, as after Django's way."""
    return _restore_from(_copy()) if connection.vendor == "sqlite" else _empty_tables


def _copy() -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(_connected()) as database:
        database.backup(copy)
    return copy


def _restore_from(copy: sqlite3.Connection) -> Callable[[], None]:
    def restore() -> None:
        connection.close()  # SQLite writes a copy over no database of which this connection still reads
        with closing(_connected()) as database:
            last_ids = database.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
            copy.backup(database)
            database.execute("DELETE FROM sqlite_sequence")
            database.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", last_ids)
            database.commit()

    return restore


def _connected() -> sqlite3.Connection:
    return sqlite3.connect(connection.settings_dict["NAME"], timeout=30)


def _empty_tables() -> None:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), sorted(tables - _OF_MIGRATIONS)))
