"""A whole site as a user runs it: `manage.py up` with its own data folder and ports."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.polling import wait_for
from tests.environment import free_port, share_models

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
COMMAND_SECONDS = 400


@dataclass(frozen=True)
class Site:
    """Where a running site is, and how to talk to it as its administrator on the console."""

    address: str
    environment: dict[str, str]
    password: str
    log: Path

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a management command against this site."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )

    def ingest(self, name: str, folder: Path, *options: str) -> str:
        """Indexes a folder to the end; returns what the command said."""
        done = self.manage("ingest", name, str(folder), "--wait", *options)
        assert done.returncode == 0, done.stderr + self.log.read_text()
        return done.stdout

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a page, as an anonymous visitor gets it."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def search(self, dataset: str, query: str, k: int = 10) -> Any:
        """The API's answer."""
        parameters = urllib.parse.urlencode({"dataset": dataset, "q": query, "k": k})
        status, body = self.get(f"/api/v1/search?{parameters}")
        assert status == 200, body
        return json.loads(body)

    def processes(self, mark: str) -> list[int]:
        """Processes of this site whose command line holds `mark`, oldest first."""
        listed = subprocess.run(
            ["ps", "-ww", "-eo", "pid,args", "--sort", "start_time,pid"], capture_output=True, text=True, check=True
        ).stdout
        found = re.findall(rf"^\s*(\d+) .*{mark}", listed, re.MULTILINE)
        needle = f"CLIPSITE_DATA_DIR={self.environment['CLIPSITE_DATA_DIR']}\0".encode()
        return [int(pid) for pid in found if needle in _environment_of(pid)]


def _environment_of(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def benchmark(subject: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`manage.py benchmark`, which starts a site of its own where it needs one."""
    command = [sys.executable, "manage.py", "benchmark", subject, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800, env=of_a_user())


def of_a_user() -> dict[str, str]:
    """The variables of this process without the limit that its tests share the cores by."""
    return {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}


PREPARE = """
import django
django.setup()
from django.db import connection
from clipsite.server.prepare import collect_static_files, migrate
migrate()
connection.close()
collect_static_files()
"""


def share_empty_database(data: Path) -> None:
    """Gives a site the database that the migrations of its first start would make."""
    shutil.copy2(_preparation() / "clipsite.sqlite3", data / "clipsite.sqlite3")


def share_static_files(data: Path) -> None:
    """Gives a site the static files that its first start would collect and compress."""
    shutil.copytree(_preparation() / "static", data / "static")
    shutil.copy2(_preparation() / "static.stamp", data / "static.stamp")


def _preparation() -> Path:
    """Returns the folder of what a first start makes in half a minute, made once for all of a run.

    Sites that start on nothing at all are those of test_up, test_installed and test_team_setup, and the benchmarks.
    """
    shared = Path(os.environ["TESTS_SITE_DIR"])
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other test process waits
        if not (shared / "static.stamp").exists():
            own = {"CLIPSITE_DATA_DIR": str(shared), "DJANGO_SETTINGS_MODULE": "clipsite.config.settings"}
            subprocess.run([sys.executable, "-c", PREPARE], cwd=ROOT, env=without_settings() | own, check=True)
    return shared


def without_settings() -> dict[str, str]:
    """The variables of this process but for those of a site."""
    return {name: value for name, value in of_a_user().items() if not name.startswith("CLIPSITE_")}


@contextmanager
def running_site(folder: Path, **variables: str) -> Iterator[Site]:
    """Starts a site below `folder`, waits until it answers, and stops it as Ctrl-C would."""
    port = free_port()
    share_models(folder / "var")
    share_empty_database(folder / "var")
    share_static_files(folder / "var")
    environment = without_settings() | {
        "CLIPSITE_DATA_DIR": str(folder / "var"),
        "CLIPSITE_PORT": str(port),
        "CLIPSITE_REDIS_PORT": str(free_port()),
        "CLIPSITE_ENCODER": "starter/efficientnet-lite2/minilm-l6-tree",
        "CLIPSITE_ANONYMOUS_PER_MINUTE": "0",  # all tests ask from one address
        "HF_HUB_OFFLINE": "1",
        **variables,
    }
    log = folder / "up.log"
    with supervised(environment, log):
        password = re.search(r"admin / (\S+)", log.read_text())
        assert password is not None
        yield Site(f"http://127.0.0.1:{port}", environment, password.group(1), log)


@contextmanager
def supervised(environment: dict[str, str], log: Path) -> Iterator[int]:
    """The supervisor of a site, once the site answers; gives its process number."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-samples"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        ready = wait_for(lambda: "Stop  " in log.read_text() or process.poll() is not None, START_SECONDS)
        assert ready, log.read_text()
        assert process.poll() is None, log.read_text()
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)
