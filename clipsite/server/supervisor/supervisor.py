"""The supervisor: owns the children, the stop signals and the order in which everything ends."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType, TracebackType

from clipsite.server.supervisor.guard import Guard
from clipsite.server.supervisor.keeper import Child, Keeper
from clipsite.server.supervisor.output import Output

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """A `with` block in which children live.

    The first stop signal raises KeyboardInterrupt in the main thread, wherever it is; leaving the block stops the
    children in reverse order of their start. A second signal kills what is left at once.
    """

    def __init__(self, log_folder: Path, name: str) -> None:
        self._output = Output(log_folder)
        self._name = name
        self._keepers: list[Keeper] = []
        self._kill = threading.Event()
        self._leaving = False

    def __enter__(self) -> Supervisor:
        self._guard = Guard()
        self._former = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._leaving:
            self.say("Stopping; Ctrl-C once more kills what is left.")
        self._leaving = True
        for keeper in reversed(self._keepers):
            keeper.stop(self._kill)
        self._guard.close()
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def say(self, line: str) -> None:
        """Write one line of the supervisor's own on the console."""
        self._output.say(self._name, line)

    def start(self, child: Child) -> Keeper:
        """Start a child that is to stay."""
        keeper = Keeper(child, self._output, self._guard, self.say)
        self._keepers.append(keeper)
        keeper.start()
        return keeper

    def run_once(self, child: Child) -> int:
        """Run a child to its end, its output on the console as it is, and return its exit status."""
        keeper = Keeper(child, self._output, self._guard, self.say, restart=False)
        self._keepers.append(keeper)
        keeper.start()
        keeper.ended.wait()
        self._keepers.remove(keeper)
        return 1 if keeper.status is None else keeper.status

    def wait(self) -> None:
        """Sleep until a stop signal comes."""
        threading.Event().wait()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._leaving:
            self._kill.set()
            return
        self._leaving = True
        raise KeyboardInterrupt
