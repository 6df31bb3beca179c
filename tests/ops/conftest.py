"""Servers of the tests' own: a PostgreSQL and a Valkey, as a team has them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from clipsite.server import embedded_valkey
from search.polling import wait_for
from tests.environment import free_port, share_models

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a-password-of-this-test"


def postgres_programs() -> Path:
    """The folder of initdb and postgres; the test cannot run without it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        reason = "PostgreSQL is not installed, so the team set-up is not tested (Debian: apt-get install postgresql)"
        if os.environ.get("CLIPSITE_E2E_REQUIRED"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found[-1].parent if found else Path(str(on_path)).parent


@contextmanager
def running(command: list[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


class Postgres:
    """A server with a folder and a port of its own, which can be stopped as if its machine lost its power.

    It refuses to run as root and so may need another user.
    """

    def __init__(self, programs: Path) -> None:
        self._programs, self._port = programs, free_port()
        is_root = os.geteuid() == 0
        self._as_user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if is_root else []
        # pytest's folders are closed to other users.
        made = subprocess.run([*self._as_user, "mktemp", "-d"], check=True, capture_output=True, text=True)
        self.folder = Path(made.stdout.strip())
        secret = self.folder / "password"
        self._run("sh", "-c", 'printf %s "$1" > "$2"', "sh", PASSWORD, str(secret))
        options = ("-U", "clipsite", "-A", "scram-sha-256", "-E", "UTF8", "--pwfile", str(secret))
        self._run(str(programs / "initdb"), "-D", str(self.folder / "db"), *options)

    def url(self, database: str = "postgres") -> str:
        return f"postgres://clipsite:{PASSWORD}@127.0.0.1:{self._port}/{database}"

    def start(self) -> None:
        where = ["-D", str(self.folder / "db"), "-p", str(self._port), "-k", str(self.folder), "-h", "127.0.0.1"]
        quiet = ["-c", "fsync=off", "-c", "log_min_messages=fatal"]
        command = [*self._as_user, str(self._programs / "postgres"), *where, *quiet]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        ready = [str(self._programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(self._port), "-q"]
        assert wait_for(lambda: subprocess.run(ready).returncode == 0, 30), "PostgreSQL does not answer"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """In good order with SIGTERM; at once with SIGQUIT, after which it has to mend itself from its log."""
        self._process.send_signal(how)
        self._process.wait(60)

    def _run(self, *command: str) -> None:
        subprocess.run([*self._as_user, *command], check=True, capture_output=True)


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of the test's own."""
    server = Postgres(postgres_programs())
    try:
        server.start()
        yield server
        # Those that are still connected must not hold it up.
        server.stop(signal.SIGINT)
    finally:
        shutil.rmtree(server.folder)


@pytest.fixture
def database_url(postgres: Postgres) -> str:
    return postgres.url()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Valkey that the site did not start, with a password."""
    port = free_port()
    configuration = tmp_path / "valkey.conf"
    configuration.write_text(f"bind 127.0.0.1\nport {port}\nrequirepass {PASSWORD}\nsave ''\nloglevel warning\n")
    with running([embedded_valkey.find_binary(), str(configuration)]):
        yield f"redis://:{PASSWORD}@127.0.0.1:{port}/0"


@pytest.fixture
def environment(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The variables that docker-compose.yml sets, with addresses of this machine."""
    share_models(tmp_path / "data")
    own = {
        "CLIPSITE_DATABASE_URL": database_url,
        "CLIPSITE_REDIS_URL": redis_url,
        "CLIPSITE_DATA_DIR": str(tmp_path / "data"),
        "CLIPSITE_IMAGE_ROOTS": str(tmp_path / "photos"),
        "CLIPSITE_PORT": str(free_port()),
        "CLIPSITE_ENCODER": "starter/efficientnet-lite2/minilm-l6-tree",
    }
    (tmp_path / "photos").mkdir()
    for name, colour in {"red": "red", "blue": "blue", "green": "green"}.items():
        Image.new("RGB", (500, 400), colour).save(tmp_path / "photos" / f"{name}.png")
    return {name: value for name, value in os.environ.items() if not name.startswith("CLIPSITE_")} | own


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
