"""Sending what a generator makes, while it makes it.

Under ASGI Django reads a plain iterator to its end before it sends anything. Here each part is made in the request's
thread once the one before has left, so a slow reader slows the work, and one that leaves ends it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from itertools import islice

from asgiref.sync import sync_to_async

_LINES_AT_ONCE = 500


async def streamed(parts: Generator[bytes]) -> AsyncIterator[bytes]:
    """Yields parts as they are made; the generator is closed when the client is gone."""
    try:
        while (part := await sync_to_async(_next)(parts)) is not None:
            yield part
    finally:
        await sync_to_async(parts.close)()


def _next(parts: Generator[bytes]) -> bytes | None:
    return next(parts, None)


def blocks_of(lines: Iterator[str]) -> Generator[bytes]:
    """Joins lines into larger parts, in UTF-8."""
    while some := list(islice(lines, _LINES_AT_ONCE)):
        yield "".join(some).encode()
