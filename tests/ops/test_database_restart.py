"""The drill of the database: PostgreSQL breaks off in the middle of a run and comes back, and nothing is lost."""

from __future__ import annotations

import signal
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import LiteralString

import numpy as np
import psycopg
from PIL import Image

from clipsite.server import stack
from search.encoders.random_weights import save_random_weights
from search.polling import wait_for
from tests.e2e.site import share_static_files
from tests.ops.conftest import Postgres, manage, running
from tests.ops.test_team_setup import READY_SECONDS

IMAGES = 300
RUN_SECONDS = 240


class Site:
    """The roles of the compose file over a PostgreSQL, and what that says of the only run."""

    def __init__(self, environment: dict[str, str], postgres: Postgres) -> None:
        self.environment = environment
        self._url = postgres.url()

    def ask(self, question: LiteralString, *values: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(question, values).fetchall()

    def done(self, stage: str) -> int:
        rows = self.ask("SELECT done FROM workers_stageprogress WHERE stage = %s", stage)
        return int(str(rows[0][0])) if rows else 0

    def state(self) -> str:
        return str(self.ask("SELECT state FROM workers_run")[0][0])

    def status(self, path: str) -> int:
        address = f"http://127.0.0.1:{self.environment['CLIPSITE_PORT']}{path}"
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def make_pictures(folder: Path) -> None:
    chance = np.random.default_rng(3)
    for number in range(IMAGES):
        noise = chance.integers(0, 255, (8, 12, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((480, 320)).save(folder / f"noise-{number:03}.jpg", quality=80)


def break_off(site: Site, postgres: Postgres, stage: str) -> None:
    """The database is gone once the stage has begun, until the site has noticed; then it comes back."""
    assert wait_for(lambda: site.done(stage) > 0, READY_SECONDS)
    assert site.state() == "active", "the run was over before the drill"
    postgres.stop(signal.SIGQUIT)
    assert wait_for(lambda: site.status("/readyz") == 503, 60), "the site does not notice"
    assert site.status("/healthz") == 200
    postgres.start()
    assert wait_for(lambda: site.status("/readyz") == 200, 60), f"the site does not recover during {stage}"


def test_a_run_outlives_a_database_that_breaks_off(
    environment: dict[str, str], postgres: Postgres, tmp_path: Path
) -> None:
    make_pictures(tmp_path / "photos")
    encoder = save_random_weights("ViT-S-32-alt", tmp_path / "small.safetensors", seed=5)
    site = Site(environment | {"CLIPSITE_ENCODER": encoder, "CLIPSITE_BATCH_SIZE": "8"}, postgres)
    share_static_files(tmp_path / "data")
    manage(site.environment, "prepare")
    expected = len(list((tmp_path / "photos").iterdir()))
    with ExitStack() as roles:
        for role in stack.ROLES:
            roles.enter_context(running([sys.executable, "-m", "clipsite.stack", role], site.environment))
        assert wait_for(lambda: site.status("/readyz") == 200, READY_SECONDS)
        manage(site.environment, "ingest", "Noise", str(tmp_path / "photos"))
        for stage in ("derive", "embed"):
            break_off(site, postgres, stage)
        assert wait_for(lambda: site.state() != "active", RUN_SECONDS), "the run does not go on"
        log = site.ask("SELECT level, text FROM workers_runevent ORDER BY id")
        assert site.state() == "done", log
        assert site.status("/search?dataset=noise&q=noise") == 200
    for stage in ("derive", "embed"):
        counted = site.ask("SELECT total, done, failed FROM workers_stageprogress WHERE stage = %s", stage)
        assert counted == [(expected, expected, 0)]
    assert site.ask("SELECT count(*), count(DISTINCT image_id) FROM search_embedding") == [(expected, expected)]
    assert site.ask("SELECT state, count(*) FROM search_image GROUP BY state") == [("ready", expected)]
    live = "SELECT v.count FROM search_indexversion v JOIN search_dataset d ON d.live_version_id = v.id"
    assert site.ask(live) == [(expected,)]
