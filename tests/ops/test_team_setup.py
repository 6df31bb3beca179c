"""The team set-up without containers: the roles of docker-compose.yml against a real PostgreSQL and a real Valkey."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from PIL import Image

from clipsite import stack, valkey
from clipsite.supervisor import wait_for
from tests.environment import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a-password-of-this-test"
ON_POSTGRESQL_TOO = (
    "tests/workers/test_claims.py",
    "tests/workers/test_completeness.py",
    "tests/workers/test_deaths.py",
    "tests/workers/test_ledger.py",
    "tests/workers/test_repair.py",
    "tests/workers/test_runs.py",
    "tests/workers/test_starting.py",
    "tests/services/test_datasets.py",
    "tests/services/test_duplicates.py",
    "tests/services/test_ingest.py",
    "tests/services/test_file_names.py",
    "tests/services/test_plan.py",
    "tests/services/test_tagging.py",
)


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


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """A PostgreSQL of the test's own, which refuses to run as root and so may need another user."""
    programs, port = postgres_programs(), free_port()
    as_user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if os.geteuid() == 0 else []
    # pytest's folders are closed to other users.
    folder = Path(subprocess.run([*as_user, "mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())
    secret = folder / "password"
    try:
        subprocess.run([*as_user, "sh", "-c", 'printf %s "$1" > "$2"', "sh", PASSWORD, str(secret)], check=True)
        options = ["-U", "clipsite", "-A", "scram-sha-256", "-E", "UTF8", "--pwfile", str(secret)]
        subprocess.run(
            [*as_user, str(programs / "initdb"), "-D", str(folder / "db"), *options], check=True, capture_output=True
        )
        where = ["-D", str(folder / "db"), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1"]
        with running([*as_user, str(programs / "postgres"), *where, "-c", "fsync=off", "-c", "log_min_messages=fatal"]):
            ready = [str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
            assert wait_for(lambda: subprocess.run(ready).returncode == 0, 30), "PostgreSQL does not answer"
            yield f"postgres://clipsite:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Valkey that the site did not start, with a password."""
    port = free_port()
    configuration = tmp_path / "valkey.conf"
    configuration.write_text(f"bind 127.0.0.1\nport {port}\nrequirepass {PASSWORD}\nsave ''\nloglevel warning\n")
    with running([valkey.find_binary(), str(configuration)]):
        yield f"redis://:{PASSWORD}@127.0.0.1:{port}/0"


@pytest.fixture
def environment(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The variables that docker-compose.yml sets, with addresses of this machine."""
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


def test_the_roles_of_the_compose_file_index_and_search(environment: dict[str, str], tmp_path: Path) -> None:
    prepared = manage(environment, "prepare")
    assert "Created the first administrator: admin / " in prepared
    assert "admin" not in manage(environment, "prepare"), "the second preparation makes nobody"

    with ExitStack() as running_roles:
        for role in stack.ROLES:
            command = [sys.executable, "-m", "clipsite.stack", role]
            running_roles.enter_context(running(command, environment))
        health = [sys.executable, "-m", "clipsite.health"]
        assert wait_for(lambda: subprocess.run(health, cwd=ROOT, env=environment).returncode == 0, 60)

        manage(environment, "ingest", "Colours", str(tmp_path / "photos"), "--wait")
        address = f"http://127.0.0.1:{environment['CLIPSITE_PORT']}/api/v1/search?dataset=colours&q=sky&k=3"
        with urllib.request.urlopen(address, timeout=60) as answer:
            hits = json.load(answer)["hits"]
        assert sorted(hit["name"] for hit in hits) == ["blue.png", "green.png", "red.png"]
    assert subprocess.run(health, cwd=ROOT, env=environment).returncode == 1


def test_a_role_that_does_not_exist_is_refused() -> None:
    command = [sys.executable, "-m", "clipsite.stack", "cook"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr == "Error: name one role: web, worker-cpu, worker-gpu, beat.\n"


def test_runs_batches_and_services_behave_on_postgresql_too(database_url: str) -> None:
    """What claims, locks and compares, once more in a process of its own, where races are PostgreSQL's to decide."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *ON_POSTGRESQL_TOO]
    environment = os.environ | {"TESTS_DATABASE_URL": database_url}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200)
    assert result.returncode == 0, result.stdout[-5000:]
