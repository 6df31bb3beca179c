"""The guard: a tiny process that ends the supervisor's children when the supervisor itself was killed.

It runs this file as a script, without the site's packages, and reads `+<process group>` and `-<process group>` lines
from its standard input. The kernel closes that pipe however the supervisor dies, kill -9 included; unlike Linux's
parent-death signal this also reaches grandchildren (a worker's pool) and works on every Unix.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

GRACE_SECONDS = 3.0


class Guard:
    """The supervisor's end of the pipe: tells the guard process which groups live, and lets it go when all are gone."""

    def __init__(self) -> None:
        reader, self._pipe = os.pipe()
        # -I and -S: the guard must not depend on, nor wait for, anything of the site.
        command = [sys.executable, "-I", "-S", __file__]
        self._process = subprocess.Popen(command, stdin=reader, start_new_session=True)
        os.close(reader)
        self._lock = threading.Lock()

    def watch(self, group: int) -> None:
        self._write(f"+{group}\n")

    def forget(self, group: int) -> None:
        self._write(f"-{group}\n")

    def close(self) -> None:
        os.close(self._pipe)
        self._process.wait()

    def _write(self, line: str) -> None:
        # Without its guard the site still runs; only the promise for a killed supervisor is gone.
        with self._lock, suppress(OSError):
            os.write(self._pipe, line.encode())


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    _end(groups)


def _end(groups: set[int]) -> None:
    # The leader alone is asked: a worker tells its pool itself, and would lose its tasks if the pool went first.
    for group in groups:
        with suppress(ProcessLookupError):
            os.kill(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(map(_alive, groups)):
        time.sleep(0.05)
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
