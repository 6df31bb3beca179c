"""Numbers of parameters, refused with a sentence."""

from __future__ import annotations

from search.errors import InvalidQuery

HIGHEST_ID = 10**18 - 1


def whole_number(name: str, value: str, *, low: int, high: int) -> int:
    """A number of a parameter. Raises InvalidQuery."""
    if not value.isdecimal() or len(value) > 18 or not low <= int(value) <= high:
        raise InvalidQuery(f"The parameter {name} is {value[:40]!r}; it must be a whole number from {low} to {high}.")
    return int(value)
