"""How much one worker may spend on foreign files, and the limit of its memory while it reads them."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE_SECONDS = 20.0
"""The longest that one file may take; its worker ends itself then and leaves the file out."""

WORKER_BYTES = 1 << 30
"""What a worker that reads foreign files may occupy."""

LEAST_ROOM_BYTES = 256 << 20
"""What a worker that is large already may add nevertheless: enough for any ordinary photograph."""

_SIZES = Path("/proc/self/statm")


@contextmanager
def limit_memory() -> Iterator[None]:
    """Limits the memory of this process to about WORKER_BYTES; beyond it, allocations raise MemoryError.

    The kernel can limit addresses only, of which a process has more than it occupies, so the limit counts from what is
    used now. Where the kernel does not tell (macOS), there is no limit.
    """
    room = _room()
    if room is None:
        yield
        return
    # A MemoryError is a verdict on the file like any other; without the limit the kernel would kill the whole worker.
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = room if hard == resource.RLIM_INFINITY else min(room, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted if soft == resource.RLIM_INFINITY else min(wanted, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def too_much_memory() -> str:
    """Return why a file that hit the limit of memory cannot be used."""
    return f"needs more memory than a worker may use ({WORKER_BYTES >> 30} GB)"


def too_much_time() -> str:
    """Return why a file that took too long cannot be used."""
    return f"took more than {FILE_SECONDS:g} seconds to read"


def _room() -> int | None:
    """The size of the address space at which this process may occupy WORKER_BYTES."""
    with suppress(OSError):
        addresses, occupied = (int(pages) * resource.getpagesize() for pages in _SIZES.read_text().split()[:2])
        return addresses + max(WORKER_BYTES - occupied, LEAST_ROOM_BYTES)
    return None


FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
"""The decoders that may see foreign bytes; Pillow knows many more, with a longer list of past holes."""
