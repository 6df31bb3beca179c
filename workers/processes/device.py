"""The device of a worker: its processor or GPU, the memory, and how busy both are, as far as that can be read."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess

import psutil
from typing_extensions import TypedDict

from search.encoders.device import device_name

_TIMEOUT = 5.0
_FIELDS = "name,utilization.gpu,memory.used,memory.total"


class Device(TypedDict):
    """A processor or GPU: `busy` from 0 to 1, None where unknown; bytes of memory, `own_memory` the worker's."""

    kind: str
    name: str
    busy: float | None
    memory_used: int | None
    memory_total: int | None
    own_memory: int


def read_device(*, uses_gpu: bool) -> Device:
    """Read the state of the GPU where the worker may use one, else of the processor; `busy` is since the last call."""
    own = _own_memory()
    gpu = _gpu() if uses_gpu else None
    if gpu is not None:
        return {**gpu, "own_memory": own}
    memory = psutil.virtual_memory()
    return {
        "kind": "cpu",
        "name": device_name("cpu"),
        "busy": round(psutil.cpu_percent(interval=None) / 100, 3),
        "memory_used": int(memory.total - memory.available),
        "memory_total": int(memory.total),
        "own_memory": own,
    }


def _own_memory() -> int:
    """Return the resident bytes of this process and its descendants."""
    own = psutil.Process()
    total = 0
    for process in [own, *own.children(recursive=True)]:
        try:
            total += process.memory_info().rss
        except psutil.Error:  # it ended meanwhile
            continue
    return total


def _gpu() -> Device | None:
    """Read the first GPU that the driver's own tool lists among those that this process may use."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    if gpu == "-1":
        return None
    # nvidia-smi lists every GPU, whatever CUDA_VISIBLE_DEVICES says.
    which = ["-i", gpu] if gpu else []
    command = [tool, f"--query-gpu={_FIELDS}", "--format=csv,noheader,nounits", *which]
    try:
        output = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    rows = list(csv.reader(output.stdout.splitlines(), skipinitialspace=True))
    if not rows or len(rows[0]) != len(_FIELDS.split(",")):
        return None
    name, busy, used, total = rows[0]
    share = _number(busy)
    return {
        "kind": "gpu",
        "name": name,
        "busy": None if share is None else share / 100,
        "memory_used": _mebibytes(used),
        "memory_total": _mebibytes(total),
        "own_memory": 0,
    }


def _number(text: str) -> float | None:
    """Parse a number; None for what the tool writes where a GPU has no such sensor, as `[N/A]`."""
    try:
        return float(text)
    except ValueError:
        return None


def _mebibytes(text: str) -> int | None:
    number = _number(text)
    return None if number is None else int(number) << 20
