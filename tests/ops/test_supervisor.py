"""The supervisor with real processes: restart, output, order, clean stop, and no orphan after kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from clipsite.server.supervisor import AlreadyRunning, FolderLock
from clipsite.server.supervisor.keeper import Backoff
from search.polling import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
PREAMBLE = """
import os, sys
from pathlib import Path
from clipsite.server.supervisor import Child, Supervisor
folder = Path(sys.argv[1])
def child(name, code, grace=5.0):
    return Child(name, (sys.executable, "-u", "-c", code, str(folder)), dict(os.environ), grace)
def note(name):
    return f"import os, sys; open(os.path.join(sys.argv[1], '{name}.pid'), 'w').write(str(os.getpid()));"
SLEEP = "import time; time.sleep(600)"
"""


@contextmanager
def supervisor(folder: Path, body: str) -> Iterator[subprocess.Popen[str]]:
    """A supervisor of its own process that runs `body`; ended with the test."""
    script = folder / "script.py"
    script.write_text(PREAMBLE + body)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    output = (folder / "output").open("w")
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder)], env=environment, stdout=output, stderr=output, text=True
    )
    try:
        yield process
    finally:
        output.close()
        process.kill()
        process.wait()


def said(folder: Path) -> str:
    return (folder / "output").read_text()


def pid_of(folder: Path, name: str) -> int:
    file = folder / f"{name}.pid"
    assert wait_for(lambda: file.exists() and file.read_text() != "", 20), f"{name} did not start"
    return int(file.read_text())


def is_alive(pid: int) -> bool:
    """True for a process that runs; a dead one that nobody has collected yet does not count."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


STAYS = """
with Supervisor(folder / "logs", "boss") as boss:
    boss.start(child("steady", note("steady") + SLEEP))
    try:
        boss.wait()
    except KeyboardInterrupt:
        boss.say("leaving")
"""


def test_it_starts_a_killed_child_again_and_says_so(tmp_path: Path) -> None:
    with supervisor(tmp_path, STAYS):
        first = pid_of(tmp_path, "steady")
        os.kill(first, signal.SIGKILL)
        assert wait_for(lambda: pid_of(tmp_path, "steady") != first, 10)
        assert "steady was ended by signal 9 (SIGKILL); it starts again in 0.5 s." in said(tmp_path)


def test_it_copies_output_with_the_name_and_into_the_log(tmp_path: Path) -> None:
    body = """
with Supervisor(folder / "logs", "boss") as boss:
    boss.start(child("talker", "print('hello'); print('wörld');" + note("talker") + SLEEP))
    try:
        boss.wait()
    except KeyboardInterrupt:
        pass
"""
    with supervisor(tmp_path, body):
        pid_of(tmp_path, "talker")
        assert wait_for(lambda: "talker     | wörld\n" in said(tmp_path), 10)
        assert (tmp_path / "logs" / "talker.log").read_text().splitlines() == ["hello", "wörld"]


def test_it_stops_children_in_reverse_order_on_sigterm(tmp_path: Path) -> None:
    body = """
farewell = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye')));"
with Supervisor(folder / "logs", "boss") as boss:
    for name in ("one", "two", "three"):
        boss.start(child(name, "import sys;" + farewell + note(name) + SLEEP))
    try:
        boss.wait()
    except KeyboardInterrupt:
        pass
"""
    with supervisor(tmp_path, body) as process:
        pids = [pid_of(tmp_path, name) for name in ("one", "two", "three")]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        farewells = [line.split()[0] for line in said(tmp_path).splitlines() if line.endswith("| bye")]
        assert farewells == ["three", "two", "one"]
        assert not any(map(is_alive, pids))


DEAF = """
ignore = "import signal; [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTERM, signal.SIGINT)];"
with Supervisor(folder / "logs", "boss") as boss:
    boss.start(child("deaf", ignore + note("deaf") + SLEEP, grace=GRACE))
    try:
        boss.wait()
    except KeyboardInterrupt:
        boss.say("leaving")
"""


def test_it_kills_a_child_that_outstays_its_grace(tmp_path: Path) -> None:
    with supervisor(tmp_path, DEAF.replace("GRACE", "0.3")) as process:
        deaf = pid_of(tmp_path, "deaf")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert not is_alive(deaf)
        assert "deaf did not stop within 0.3 s; it is killed." in said(tmp_path)


def test_a_second_signal_kills_at_once(tmp_path: Path) -> None:
    with supervisor(tmp_path, DEAF.replace("GRACE", "300")) as process:
        deaf = pid_of(tmp_path, "deaf")
        process.send_signal(signal.SIGINT)
        assert wait_for(lambda: "Stopping" in said(tmp_path), 10)
        assert is_alive(deaf)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert not is_alive(deaf)


POOL = """
fork = "import os, signal; pid = os.fork(); signal.signal(signal.SIGTERM, signal.SIG_IGN) if pid == 0 else None;"
name_by_role = "name = 'pooled' if pid == 0 else 'leader';"
write = "import sys; open(os.path.join(sys.argv[1], name + '.pid'), 'w').write(str(os.getpid()));"
with Supervisor(folder / "logs", "boss") as boss:
    boss.start(child("worker", fork + name_by_role + write + SLEEP))
    try:
        boss.wait()
    except KeyboardInterrupt:
        pass
"""


def test_no_process_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with supervisor(tmp_path, POOL) as process:
        leader, pooled = pid_of(tmp_path, "leader"), pid_of(tmp_path, "pooled")
        process.kill()
        process.wait()
        assert wait_for(lambda: not is_alive(leader) and not is_alive(pooled), 15)


def test_the_pool_of_a_killed_worker_goes_with_it(tmp_path: Path) -> None:
    with supervisor(tmp_path, POOL):
        leader, pooled = pid_of(tmp_path, "leader"), pid_of(tmp_path, "pooled")
        os.kill(leader, signal.SIGKILL)
        assert wait_for(lambda: not is_alive(pooled), 10)


def test_a_one_off_reports_its_exit_status_and_is_not_repeated(tmp_path: Path) -> None:
    body = """
with Supervisor(folder / "logs", "boss") as boss:
    status = boss.run_once(child("job", "import sys; print('working'); sys.exit(3)"))
    boss.say(f"status {status}")
"""
    with supervisor(tmp_path, body) as process:
        assert process.wait(20) == 0
    assert said(tmp_path).splitlines() == ["working", "boss       | status 3"]


def test_a_command_that_does_not_exist_is_said_and_not_repeated(tmp_path: Path) -> None:
    body = """
with Supervisor(folder / "logs", "boss") as boss:
    boss.start(Child("ghost", ("/no/such/program",), {})).ended.wait()
"""
    with supervisor(tmp_path, body) as process:
        assert process.wait(20) == 0
    assert "ghost cannot be started" in said(tmp_path)


def test_restarts_wait_longer_each_time_until_a_child_stays_up() -> None:
    backoff = Backoff()
    assert [backoff.after(0.1) for _ in range(8)] == [0.5, 1, 2, 4, 8, 10, 10, 10]
    assert backoff.after(61) == 0.5


def test_a_folder_has_one_holder_who_is_named_to_the_second(tmp_path: Path) -> None:
    with (
        FolderLock(tmp_path / "up.lock", "process 1, http://here/"),
        pytest.raises(AlreadyRunning, match="process 1, http://here/"),
        FolderLock(tmp_path / "up.lock", "process 2"),
    ):
        pass
    with FolderLock(tmp_path / "up.lock", "process 3"):
        assert (tmp_path / "up.lock").read_text() == "process 3"
