"""Where encoders compute, what that place is called, and whether it is fast at bfloat16."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def best_device() -> str:
    """`cuda` where torch sees a GPU, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def device_name(device: str) -> str:
    """The product's name: `NVIDIA ...`, or the processor's with its number of cores."""
    import torch

    if device == "cuda":
        return torch.cuda.get_device_name()
    return f"{_processor()} ({os.cpu_count()} cores)"


def has_fast_bf16(device: str) -> bool:
    """Return whether the hardware does bfloat16 arithmetic; elsewhere it is emulated and slower than float32."""
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    abilities = torch.cpu.get_capabilities()
    return any(abilities.get(ability, False) for ability in ("avx512_bf16", "amx_bf16"))


def to_device(tensor: torch.Tensor, device: str) -> torch.Tensor:
    """The tensor on the device; from pinned memory a copy to a GPU goes on while the processor does other work."""
    if device == "cpu" or tensor.is_cuda:
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)


@contextmanager
def own_stream(device: str) -> Iterator[None]:
    """Gives this thread a stream of its own on a GPU, so that it waits for no other; nothing changes on a CPU."""
    import torch

    if device == "cpu":
        yield
        return
    stream = torch.cuda.Stream()
    # Pixels decoded on the GPU were made on the stream before.
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        yield


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
