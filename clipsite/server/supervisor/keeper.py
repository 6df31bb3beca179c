"""A keeper of one child process: starts it, copies its output, starts it again when it dies, stops it when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from clipsite.server.supervisor.guard import Guard
from clipsite.server.supervisor.output import Output

FIRST_DELAY = 0.5
LONGEST_DELAY = 10.0
STEADY_SECONDS = 60.0
PUMP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Child:
    """A process to run: a name for people, the command, its environment, and how long it may take to stop.

    The output of a quiet child goes to its log file alone.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    grace_seconds: float = 15.0
    quiet: bool = False


class Backoff:
    """The delays before restarts: half a second, doubled up to 10 s, and the first again after a minute of uptime."""

    def __init__(self) -> None:
        self._next = FIRST_DELAY

    def after(self, seconds_up: float) -> float:
        if seconds_up >= STEADY_SECONDS:
            self._next = FIRST_DELAY
        delay, self._next = self._next, min(self._next * 2, LONGEST_DELAY)
        return delay


class Keeper:
    """A child and the thread that keeps it alive; `restart=False` runs it once, with the console as its own."""

    def __init__(
        self, child: Child, output: Output, guard: Guard, say: Callable[[str], None], *, restart: bool = True
    ) -> None:
        self.child = child
        self.ended = threading.Event()
        self.status: int | None = None
        self.starts = 0
        self._output, self._guard, self._say, self._restart = output, guard, say, restart
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name=f"keeper of {child.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The id of the process that runs now, or None."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def stop(self, at_once: threading.Event) -> None:
        """Ask the child to end, wait for its grace (not at all once `at_once` is set), then kill its whole group."""
        self._stopping.set()
        if self._thread.ident is None:
            return
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + self.child.grace_seconds
        while not self.ended.wait(0.05):
            if at_once.is_set() or time.monotonic() > deadline:
                if not at_once.is_set():
                    self._say(f"{self.child.name} did not stop within {self.child.grace_seconds:g} s; it is killed.")
                self._kill_group()
                break
        self._thread.join(PUMP_SECONDS + 1)

    def _keep(self) -> None:
        backoff = Backoff()
        while (process := self._spawn()) is not None:
            started = time.monotonic()
            self.status = self._live(process)
            if self._stopping.is_set() or not self._restart:
                break
            delay = backoff.after(time.monotonic() - started)
            self._say(f"{self.child.name} {ending(self.status)}; it starts again in {delay:g} s.")
            self._stopping.wait(delay)
        self.ended.set()

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            try:
                self._process = subprocess.Popen(
                    self.child.command,
                    env=dict(self.child.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE if self._restart else None,
                    stderr=subprocess.STDOUT if self._restart else None,
                    # A session of its own: the terminal's Ctrl-C reaches the supervisor only, and the whole group
                    # (a worker's pool) can be ended together.
                    start_new_session=True,
                )
            except OSError as error:
                self._say(f"{self.child.name} cannot be started: {error}.")
                self._stopping.set()
                return None
            self.starts += 1
            self._guard.watch(self._process.pid)
            return self._process

    def _live(self, process: subprocess.Popen[bytes]) -> int:
        pump = None
        if process.stdout is not None:
            arguments = (self.child.name, process.stdout, self.child.quiet)
            pump = threading.Thread(target=self._output.pump, args=arguments, daemon=True)
            pump.start()
        status = process.wait()
        # What the child left behind (the pool of a worker that was killed) would go on with nobody to tell it to stop.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        self._guard.forget(process.pid)
        if pump is not None:
            # Not for ever: a descendant outside the group may hold the pipe open.
            pump.join(PUMP_SECONDS)
        return status

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            if self._process is not None:
                self._process.send_signal(number)

    def _kill_group(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def ending(status: int) -> str:
    """Return how a process ended, as words for a person."""
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was ended by signal {-status} ({signal.Signals(-status).name})"
    except ValueError:
        return f"was ended by signal {-status}"
