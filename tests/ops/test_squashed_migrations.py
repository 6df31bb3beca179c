"""The squashed migrations make the database that those make which they replace; those can still be gone on with."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.ops.conftest import ROOT, Postgres, manage, postgres_programs

CHAIN = {"search": "0016_duplicate_scan_and_dataset_usage", "workers": "0009_stage_registry"}
"""The last of the migrations that are squashed."""

RELEASED = {"search": "0015_objects", "workers": "0008_waits_for_room"}
"""The last migration of each application in release 1.0.0."""

SQUASHED = {(app, f"0001_squashed_{name}") for app, name in CHAIN.items()}

MIGRATE_UNSQUASHED = """
import sys, django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
executor.loader.replace_migrations = False
executor.loader.build_graph()
own = dict(argument.split(".") for argument in sys.argv[1:])
others = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] not in ("search", "workers")]
executor.migrate([*others, *own.items()])
"""


def own_environment(folder: Path, **more: str) -> dict[str, str]:
    own = {"CLIPSITE_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "clipsite.config.settings"} | more
    return {name: value for name, value in os.environ.items() if not name.startswith("CLIPSITE_")} | own


def migrate_unsquashed(environment: dict[str, str], targets: dict[str, str]) -> None:
    """Applies the migrations that are squashed one by one, up to the targets."""
    arguments = [f"{app}.{name}" for app, name in targets.items()]
    command = [sys.executable, "-c", MIGRATE_UNSQUASHED, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def sqlite_schema(folder: Path) -> dict[str, Sequence[str]]:
    """Every object and its definition; columns and constraints sorted, since SQLite's copies of tables shuffle them."""
    with closing(sqlite3.connect(folder / "clipsite.sqlite3")) as database:
        found = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: sorted(_parts(sql)) for name, sql in found}


def _parts(sql: str) -> list[str]:
    plain = re.sub(r'[\s"]+', " ", sql)
    head, _, rest = plain.partition("(")
    # Commas in brackets are within a part.
    return [head, *(part.strip() for part in re.split(r",(?![^(]*\))", rest.removesuffix(")")))]


def applied(folder: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "clipsite.sqlite3")) as database:
        return set(database.execute("SELECT app, name FROM django_migrations"))


@pytest.fixture(scope="module")
def unsquashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site whose database was made by the migrations that are squashed."""
    folder = tmp_path_factory.mktemp("unsquashed")
    migrate_unsquashed(own_environment(folder), CHAIN)
    return folder


def test_a_new_database_has_the_same_tables_indexes_and_triggers_on_sqlite(unsquashed: Path, tmp_path: Path) -> None:
    said = manage(own_environment(tmp_path), "migrate")
    assert len(re.findall(r"Applying (?:search|workers)\.", said)) == 2
    schema = sqlite_schema(tmp_path)
    assert schema == sqlite_schema(unsquashed)
    assert {"search_image", "image_added", "search_image_names", "one_active_run"} <= schema.keys()


def test_a_new_database_is_the_same_to_the_order_of_columns_on_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    """A backup of PostgreSQL holds the rows of a table without the names of its columns."""
    dumps = []
    for name in ("unsquashed", "squashed"):
        subprocess.run(["psql", "-q", postgres.url(), "-c", f"CREATE DATABASE {name}"], check=True)
        environment = own_environment(tmp_path, CLIPSITE_DATABASE_URL=postgres.url(name))
        if name == "squashed":
            manage(environment, "migrate")
        else:
            migrate_unsquashed(environment, CHAIN)
        dump = [str(postgres_programs() / "pg_dump"), "--schema-only", postgres.url(name)]
        said = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
        dumps.append(re.sub(r"(?m)^\\(un)?restrict .*$", "", said))  # a random word each time
    assert "CREATE TABLE public.search_image" in dumps[0]
    assert dumps[0] == dumps[1]


@pytest.mark.parametrize(
    "stopped",
    [{"search": "0005_serving"}, {"search": "0009_tags_and_duplicates", "workers": "0002_ledger"}, RELEASED],
    ids=["in search", "in both", "at 1.0.0"],
)
def test_a_database_that_stopped_in_the_chain_goes_on(
    unsquashed: Path, tmp_path: Path, stopped: dict[str, str]
) -> None:
    environment = own_environment(tmp_path)
    migrate_unsquashed(environment, stopped)
    manage(environment, "migrate")
    assert sqlite_schema(tmp_path) == sqlite_schema(unsquashed)
    # That the squashed ones are applied must be written down: a later release has no others.
    assert applied(tmp_path) >= SQUASHED
    manage(environment, "migrate", "--check")
