"""Names of collections and saved searches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from search.errors import KeepingRefused

LONGEST_NAME = 120


def clean_name(what: str, name: str) -> str:
    """Returns a name in one line. Raises KeepingRefused for one that is empty or too long."""
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise KeepingRefused(f"Give the {what} a name.")
    if len(name) > LONGEST_NAME:
        raise KeepingRefused(f"The name has {len(name)} characters; {LONGEST_NAME} at most.")
    return name


@contextmanager
def unless_taken(what: str, name: str) -> Iterator[None]:
    """Wraps the one statement that writes a name. Raises KeepingRefused where the owner has one of that name."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise KeepingRefused(f"There is a {what} called {name!r} already. Choose another name.") from error
