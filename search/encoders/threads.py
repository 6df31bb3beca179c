"""One thread a call instead of all threads on one call.

torch's own threads wait for each other in every layer. Where other processes share the cores, as the workers of an
indexing run do, that costs half of the speed or more; calls side by side that never wait lose only their share. Their
small batches also stay near a CPU's caches.
"""

from __future__ import annotations

import threading

_guard = threading.Lock()
_threads: int | None = None


def use_one_thread_per_call() -> int:
    """Has torch compute each call in the thread that makes it from now on; returns how many it used before."""
    import torch

    global _threads
    with _guard:
        if _threads is None:
            _threads = torch.get_num_threads()
            torch.set_num_threads(1)
        return _threads
