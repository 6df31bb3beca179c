"""What the database of a site says while a load is on it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.site import Site


@dataclass(frozen=True, slots=True)
class Watched:
    """A run of a site."""

    site: Site
    run: int

    @classmethod
    def newest(cls, site: Site) -> Watched:
        """The run that indexes the newest dataset: those of others begin at any time."""
        asked = """
            SELECT max(id) FROM workers_run
            WHERE kind = 'index' AND dataset_id = (SELECT max(id) FROM search_dataset)
        """
        return cls(site, ask(site, asked)[0][0])

    def state(self) -> str:
        return str(ask(self.site, "SELECT state FROM workers_run WHERE id = ?", self.run)[0][0])

    def waits_for_room(self) -> bool:
        return bool(ask(self.site, "SELECT waits_for_room FROM workers_run WHERE id = ?", self.run)[0][0])

    def sequence(self) -> int:
        return int(ask(self.site, "SELECT sequence FROM workers_run WHERE id = ?", self.run)[0][0])

    def encoded(self) -> int:
        """How many images came through the encoder by now."""
        rows = ask(self.site, "SELECT done FROM workers_stageprogress WHERE run_id = ? AND stage = 'embed'", self.run)
        return int(rows[0][0])

    def rate(self) -> float:
        """Images a second through the encoder, from the end of the first batch to that of the latest."""
        asked = "SELECT samples FROM workers_stageprogress WHERE run_id = ? AND stage = 'embed'"
        samples = json.loads(ask(self.site, asked, self.run)[0][0])
        (began, first), (ended, last) = samples[0], samples[-1]
        return (last - first) / (ended - began) if ended > began else 0.0

    def failed(self) -> int:
        asked = "SELECT coalesce(sum(failed), 0) FROM workers_stageprogress WHERE run_id = ?"
        return int(ask(self.site, asked, self.run)[0][0])


def ask(site: Site, question: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the site's SQLite, read beside it."""
    file = Path(site.environment["CLIPSITE_DATA_DIR"]) / "clipsite.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=60)) as database:
        return database.execute(question, values).fetchall()


def is_at_rest(site: Site, dataset: int) -> bool:
    """Whether nothing is being done to a dataset, so that a run on it can begin."""
    asked = "SELECT count(*) FROM workers_run WHERE dataset_id = ? AND state = 'active'"
    return ask(site, asked, dataset) == [(0,)]
