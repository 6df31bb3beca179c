"""The machine of a benchmark, in a line."""

from __future__ import annotations

import os
import platform

import psutil


def describe_machine() -> dict[str, str | int | float | bool]:
    """Return processor, cores, memory, GPU and the versions that matter."""
    import torch

    from search.encoders.device import best_device, device_name, has_fast_bf16

    device = best_device()
    return {
        "processor": device_name("cpu"),
        "cores": os.cpu_count() or 1,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "device": device_name(device),
        "fast_bf16": has_fast_bf16(device),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
