"""What the lines of the log say beside their message: the request, run and batch that a thread is at work for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_EMPTY: Mapping[str, str | int] = {}
_fields: ContextVar[Mapping[str, str | int]] = ContextVar("log_fields", default=_EMPTY)


@contextmanager
def log_fields(**fields: str | int) -> Iterator[None]:
    """Adds fields, such as `run=7`, to every line that this thread logs inside the `with` block."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def current_log_fields() -> Mapping[str, str | int]:
    """Returns the fields that a line logged now carries."""
    return _fields.get()
