"""`manage.py up` as a person runs it: refusals in one sentence, a whole start, a second start, a clean stop."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from search.polling import wait_for
from tests.environment import free_port, share_models

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90
PARTS = ("uvicorn", "valkey-server", "worker -Q cpu", "worker -Q gpu", "beat")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A data folder and ports of the test's own."""
    share_models(tmp_path / "var")
    own = {
        "CLIPSITE_DATA_DIR": str(tmp_path / "var"),
        "CLIPSITE_PORT": str(free_port()),
        "CLIPSITE_REDIS_PORT": str(free_port()),
        "CLIPSITE_ENCODER": "starter/efficientnet-lite2/minilm-l6-tree",
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("CLIPSITE_")} | own


def refused(environment: dict[str, str], *arguments: str) -> str:
    """What `up` says when it must not start."""
    command = [sys.executable, "manage.py", "up", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    return result.stderr.strip().splitlines()[-1]


@contextmanager
def site(environment: dict[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A site that answers; killed with the test if it did not stop by itself."""
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-samples"], cwd=ROOT, env=environment, stdout=file, stderr=file
        )
    try:
        assert wait_for(lambda: "Stop  " in output.read_text() or process.poll() is not None, START_SECONDS)
        assert "Stop  " in output.read_text(), output.read_text()
        yield process
    finally:
        process.kill()
        process.wait()


def processes_of(environment: dict[str, str]) -> dict[int, str]:
    """The command line of every living process that belongs to this data folder."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            mark = f"CLIPSITE_DATA_DIR={environment['CLIPSITE_DATA_DIR']}\0"
            # Valkey writes its title over its environment; the port tells it.
            if (
                mark.encode() in (folder / "environ").read_bytes()
                or f"127.0.0.1:{environment['CLIPSITE_REDIS_PORT']}" in command
            ):
                found[int(folder.name)] = command
    return found


def pid_of_part(environment: dict[str, str], part: str) -> int | None:
    """The oldest process whose command line names this part."""
    return min((pid for pid, command in processes_of(environment).items() if part in command), default=None)


def status_of(environment: dict[str, str], path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{environment['CLIPSITE_PORT']}{path}", timeout=10) as answer:
        return int(answer.status)


def test_a_port_in_use_is_one_sentence_with_the_variable(environment: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(environment["CLIPSITE_PORT"])))
        other.listen()
        sentence = refused(environment)
    assert sentence.startswith(f"CommandError: Port {environment['CLIPSITE_PORT']} on 127.0.0.1 is in use")
    assert "CLIPSITE_PORT" in sentence


@pytest.mark.parametrize(
    ("variable", "value"), [("CLIPSITE_HOST", "999.1.1.1"), ("CLIPSITE_ENCODER", "bogus"), ("CLIPSITE_PORT", "http")]
)
def test_a_wrong_setting_is_one_sentence_with_its_name(environment: dict[str, str], variable: str, value: str) -> None:
    sentence = refused(environment | {variable: value})
    assert variable in sentence
    assert value in sentence


def test_valkeys_port_in_use_is_one_sentence_with_the_variable(environment: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(environment["CLIPSITE_REDIS_PORT"])))
        other.listen()
        sentence = refused(environment)
    assert f"Port {environment['CLIPSITE_REDIS_PORT']} on 127.0.0.1 is in use" in sentence
    assert "CLIPSITE_REDIS_PORT" in sentence


def test_a_folder_of_photos_that_is_not_there_is_named(environment: dict[str, str]) -> None:
    assert "There is no folder /no/such/photos" in refused(environment, "--images", "/no/such/photos")


def test_a_missing_faiss_is_one_sentence_with_its_two_packages(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['faiss'] = None")
    sentence = refused(environment | {"PYTHONPATH": str(tmp_path)})
    assert "FAISS" in sentence
    assert "faiss-cpu" in sentence
    assert "faiss-gpu" in sentence


def test_a_silent_database_is_one_sentence(environment: dict[str, str]) -> None:
    environment["CLIPSITE_DATABASE_URL"] = f"postgres://user:topsecret@127.0.0.1:{free_port()}/name"
    sentence = refused(environment)
    assert "The database does not answer" in sentence
    assert "CLIPSITE_DATABASE_URL" in sentence
    assert "topsecret" not in sentence


def test_a_site_starts_heals_itself_stops_and_starts_again(environment: dict[str, str], tmp_path: Path) -> None:
    with site(environment, tmp_path / "first") as process:
        assert status_of(environment, "/") == 200
        assert wait_for(lambda: all(pid_of_part(environment, part) for part in PARTS), 20), processes_of(environment)
        passwords = re.findall(r"Sign in +admin / (\S+)", (tmp_path / "first").read_text())
        assert len(passwords) == 1
        database = (tmp_path / "var" / "clipsite.sqlite3").read_bytes()
        assert passwords[0].encode() not in database

        assert f"clipsite already runs on {tmp_path / 'var'} (process {process.pid}, http://127.0.0.1" in refused(
            environment
        )

        web = pid_of_part(environment, "uvicorn")
        assert web is not None
        os.kill(web, signal.SIGKILL)
        assert wait_for(lambda: pid_of_part(environment, "uvicorn") not in (None, web), 30)
        assert "web was ended by signal 9 (SIGKILL); it starts again" in (tmp_path / "first").read_text()

        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert (tmp_path / "first").read_text().splitlines()[-1].endswith("| Stopped.")
    assert processes_of(environment) == {}

    with site(environment, tmp_path / "second") as process:
        assert status_of(environment, "/") == 200
        assert "Sign in" not in (tmp_path / "second").read_text()
        process.kill()
        process.wait()
    assert wait_for(lambda: not processes_of(environment), 30), processes_of(environment)
