"""The peak memory of this process while something runs."""

from __future__ import annotations

import threading

import psutil

_MB = 1 << 20


def resident_mb() -> float:
    return float(psutil.Process().memory_info().rss) / _MB


class PeakMemory:
    """`most_mb` is the most resident memory while the block ran."""

    def __init__(self) -> None:
        self.most_mb = 0.0
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._finished.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._finished.wait(0.05):
            self.most_mb = max(self.most_mb, resident_mb())
