"""An installation of an earlier release, unpacked from its archive, and what its database and folder hold."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.environment import free_port, share_models

DATABASE = "clipsite.sqlite3"
ENCODER = "starter/efficientnet-lite2/minilm-l6-tree"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Installation:
    """Its folder, what the release that made it answered, and the variables with which this code takes it over."""

    folder: Path
    expected: dict[str, Any]
    environment: dict[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "var"

    def tables(self) -> dict[str, list[Row]]:
        """All rows of all tables by the name of the table, except those of SQLite and of its index of names."""
        with closing(sqlite3.connect(self.data / DATABASE)) as database:
            database.row_factory = sqlite3.Row
            named = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
            own = [name for (name,) in named if not name.startswith(("sqlite_", "search_image_names"))]
            return {name: [dict(row) for row in database.execute(f'SELECT * FROM "{name}"')] for name in own}  # noqa: S608

    def files(self) -> dict[str, str]:
        """SHA-256 of all files of the data folder that are not the database's, nor those that every start makes."""
        return {
            path.relative_to(self.data).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for part in ("derivatives", "indexes", "originals", "projections", "secret_key")
            for path in [self.data / part, *(self.data / part).rglob("*")]
            if path.is_file()
        }


def unpacked(archive: Path, folder: Path) -> Installation:
    """Unpacks an archive that `make_release_data` wrote; its datasets lie in the folder from then on."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    share_models(folder / "var")
    with closing(sqlite3.connect(folder / "var" / DATABASE)) as database, database:
        moved = database.execute(
            "UPDATE search_dataset SET source_path = replace(source_path, ?, ?)", (expected["folder"], str(folder))
        )
        assert moved.rowcount == 2
    own = {
        "CLIPSITE_DATA_DIR": str(folder / "var"),
        "CLIPSITE_PORT": str(free_port()),
        "CLIPSITE_REDIS_PORT": str(free_port()),
        "CLIPSITE_ENCODER": ENCODER,
        "HF_HUB_OFFLINE": "1",
    }
    # OMP_NUM_THREADS is what the test processes share the cores by.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLIPSITE_", "OMP_NUM"))}
    return Installation(folder, expected, kept | own)


def lost(before: dict[str, list[Row]], after: dict[str, list[Row]]) -> list[str]:
    """What of the rows `before` is not in those `after`, a line each; further columns, tables and rows are no loss."""
    missing = []
    for table, rows in before.items():
        present = after.get(table)
        if present is None:
            missing.append(f"table {table}")
            continue
        columns = list(rows[0]) if rows else []
        there = {tuple(row.get(column, KeyError) for column in columns) for row in present}
        missing += [f"{table}: {dict(row)}" for row in rows if tuple(row.values()) not in there]
    return missing
