"""A run that is disturbed on purpose: what its database says about it, and the blows."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import redis

from search.polling import wait_for
from tests.e2e.site import Site

logger = logging.getLogger(__name__)

RECOVERY_SECONDS = 60
RUN_SECONDS = 300
CHILD, CPU, GPU, VALKEY, BEAT = "pool child", "worker-cpu", "worker-gpu", "Valkey", "beat"
_MARKS = {CPU: "worker -Q cpu", GPU: "worker -Q gpu", BEAT: "clipsite beat"}
_SERVES = {CHILD: "derive", CPU: "derive", GPU: "embed"}


class Drill:
    """One indexing run over a folder of JPEGs."""

    def __init__(self, site: Site, name: str, folder: Path, encoder: str) -> None:
        self.site = site
        self.data = Path(site.environment["CLIPSITE_DATA_DIR"])
        self.images = len(list(folder.iterdir()))
        self.recoveries: list[tuple[str, float]] = []
        begun = site.manage("ingest", name, str(folder), "--encoder", encoder)
        assert begun.returncode == 0, begun.stderr
        self.run, self.dataset = self._ask("SELECT id, dataset_id FROM workers_run ORDER BY id DESC")[0]
        assert wait_for(lambda: self.done("derive") > 0, RECOVERY_SECONDS), site.log.read_text()

    def done(self, *stages: str) -> int:
        """How many images have come through these stages, or through any."""
        counters = self._ask("SELECT stage, done FROM workers_stageprogress WHERE run_id = ?", self.run)
        return sum(done for stage, done in counters if not stages or stage in stages)

    def is_active(self) -> bool:
        return self._ask("SELECT state FROM workers_run WHERE id = ?", self.run) == [("active",)]

    def disturb(self, kind: str, blow: Callable[[], object]) -> None:
        """Strikes, and waits until another batch is done: of the stage that the victim serves, while that goes on."""
        assert self.is_active(), "the run was over before the drill"
        served = _SERVES.get(kind)
        stages = (served,) if served and self.done(served) < self.images else ()
        blow()
        struck, before = time.monotonic(), self.done(*stages)
        moved = wait_for(lambda: self.done(*stages) > before or not self.is_active(), RECOVERY_SECONDS)
        assert moved, f"nothing moved after the loss of {kind}:\n{self.site.log.read_text()[-5000:]}"
        self.recoveries.append((kind, time.monotonic() - struck))
        seconds = self.recoveries[-1][1]
        logger.info("%s: %.1f s; %d resized, %d encoded", kind, seconds, self.done("derive"), self.done("embed"))

    def kill(self, kind: str) -> None:
        assert wait_for(lambda: bool(self._victims(kind)), RECOVERY_SECONDS), f"{kind} did not come back"
        self.disturb(kind, lambda: os.kill(self._victims(kind)[0], signal.SIGKILL))

    def flush(self) -> None:
        """What the broker held is forgotten."""
        port = int(self.site.environment["CLIPSITE_REDIS_PORT"])
        password = (self.data / "valkey" / "password").read_text().strip()
        with redis.Redis(port=port, password=password) as client:
            self.disturb("FLUSHALL", client.flushall)

    def reach(self, stage: str, done: int) -> None:
        """Waits until so many images have come through a stage."""
        assert wait_for(lambda: self.done(stage) >= done or not self.is_active(), RUN_SECONDS)

    def finish(self) -> None:
        assert wait_for(lambda: not self.is_active(), RUN_SECONDS), self.site.log.read_text()[-5000:]

    def assert_exact(self) -> None:
        """Every image stands once in every place."""
        assert self._ask("SELECT state FROM workers_run WHERE id = ?", self.run) == [("done",)], self._log()
        assert "error" not in {level for level, _ in self._log()}, self._log()
        counters = "SELECT total, done, failed FROM workers_stageprogress WHERE run_id = ? AND stage = ?"
        for stage in ("derive", "embed"):
            assert self._ask(counters, self.run, stage) == [(self.images, self.images, 0)]
        images = "SELECT state, count(*) FROM search_image WHERE dataset_id = ? GROUP BY state"
        assert self._ask(images, self.dataset) == [("ready", self.images)]
        embeddings = (
            "SELECT count(*), count(DISTINCT image_id) FROM search_embedding "
            "WHERE image_id IN (SELECT id FROM search_image WHERE dataset_id = ?)"
        )
        assert self._ask(embeddings, self.dataset) == [(self.images, self.images)]
        assert self._ask("SELECT name, reason FROM workers_imagefailure WHERE dataset_id = ?", self.dataset) == []
        assert len(list(self.data.glob(f"derivatives/{self.dataset}/*/*.jpg"))) == self.images
        live = "SELECT v.count, v.number FROM search_indexversion v JOIN search_dataset d ON d.live_version_id = v.id"
        ((count, number),) = self._ask(f"{live} WHERE d.id = ?", self.dataset)
        ids = np.load(self.data / "indexes" / str(self.dataset) / str(number) / "image_ids.npy")
        assert count == len(ids) == len(set(ids.tolist())) == self.images

    def _victims(self, kind: str) -> list[int]:
        if kind == VALKEY:
            # It writes over its environment to show its address, which is as much its own.
            listed = subprocess.run(["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
            address = f"127.0.0.1:{self.site.environment['CLIPSITE_REDIS_PORT']}"
            return [int(line.split()[0]) for line in listed.splitlines() if address in line.split()]
        processes = self.site.processes(_MARKS[CPU if kind == CHILD else kind])
        # The worker came before the children of its pool, which bear its name.
        return processes[1:] if kind == CHILD else processes[:1]

    def _log(self) -> list[tuple[Any, ...]]:
        return self._ask("SELECT level, text FROM workers_runevent WHERE run_id = ? ORDER BY id", self.run)

    def _ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        address = f"file:{self.data / 'clipsite.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
            return database.execute(question, values).fetchall()
