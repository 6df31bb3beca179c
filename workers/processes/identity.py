"""Names of processes, under which they lease batches, and whether a process of this machine is gone."""

from __future__ import annotations

import hashlib
import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

_KERNEL_START = Path("/proc/sys/kernel/random/boot_id")
_PROCESS_NUMBERS = Path("/proc/self/ns/pid")


def own_name() -> str:
    """Return the name under which this process claims batches: machine and process id."""
    return name_of(os.getpid())


def name_of(pid: int) -> str:
    """Return the name of a process of this machine by its id."""
    return f"{_machine()}:{pid}"


def is_of_this_machine(name: str) -> bool:
    """Return whether the process is, or was, among those that can be seen from here."""
    machine, _, number = name.rpartition(":")
    return machine == _machine() and number.isdigit()


def is_gone(name: str) -> bool:
    """Return whether it is certain that this process has ended; never of another machine's."""
    return is_of_this_machine(name) and not _lives(int(name.rpartition(":")[2]))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _has_ended(pid)


def _has_ended(pid: int) -> bool:
    """Return whether the process is a zombie; only Linux says so."""
    with suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
        return state.split()[0] == "Z"
    return False


@cache
def _machine() -> str:
    # Two machines may bear one name, and containers number their processes alike: the start of the kernel and the
    # space of process numbers tell them apart.
    host = socket.gethostname()
    with suppress(OSError):
        here = f"{_KERNEL_START.read_text(encoding='ascii')} {_PROCESS_NUMBERS.stat().st_ino}"
        return f"{host}/{hashlib.sha256(here.encode()).hexdigest()[:8]}"
    return host
