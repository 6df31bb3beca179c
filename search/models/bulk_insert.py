"""Changing very many rows: inside the database, or in slices that a statement can name."""

from __future__ import annotations

from typing import TypeVar

from django.db import connections, models
from django.db.models import QuerySet, Value

from search.models import Image

T = TypeVar("T")

SLICE = 1000
"""The values that one statement names: databases bound the number of parameters, and plan long lists slowly."""


def insert_for_images(into: type[models.Model], images: QuerySet[Image], *, on_conflict: str, **constants: int) -> int:
    """Inserts a row of `into` for each image: its id in `image_id`, and the constants in the columns of their names.

    Not one row comes through Python. `on_conflict` is the SQL after ON CONFLICT, for rows that exist already.
    Returns how many rows were written.
    """
    columns = {f"constant_{name}": Value(value, models.BigIntegerField()) for name, value in constants.items()}
    unordered = images if images.query.is_sliced else images.order_by()
    chosen = unordered.annotate(**columns).values_list("pk", *columns)
    select, parameters = chosen.query.sql_with_params()
    connection = connections[images.db]
    quoted = connection.ops.quote_name
    names = ", ".join(quoted(name) for name in ("image_id", *constants))
    # Names of tables and columns are the models' own; SQLite needs the WHERE to see where the SELECT ends.
    statement = (
        f"INSERT INTO {quoted(into._meta.db_table)} ({names}) "  # noqa: S608
        f"SELECT * FROM ({select}) AS chosen WHERE true ON CONFLICT {on_conflict}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        written: int = cursor.rowcount
        return written
