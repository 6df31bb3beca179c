"""Plain values: texts, switches, numbers, choices, lists, time zones."""

from __future__ import annotations

import os
import zoneinfo
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PREFIX = "CLIPSITE_"
DEFAULTS: dict[str, str] = {}
"""The default of every variable that was read, as text."""

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def _raw(name: str) -> str | None:
    variable = PREFIX + name
    # An empty value counts as unset: `CLIPSITE_X=` is how a line of an environment file is switched off.
    value = os.environ.get(variable) or None
    file = os.environ.get(f"{variable}_FILE") or None
    if value is not None and file is not None:
        raise ImproperlyConfigured(f"{variable} and {variable}_FILE are both set; keep one of them.")
    if file is None:
        return value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{variable}_FILE names {file}, which cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{variable}_FILE names {file}, which is not a text file.") from error


def read_text(name: str, default: str) -> str:
    """Read the value of `CLIPSITE_<name>`, or `default` when it is unset."""
    DEFAULTS[PREFIX + name] = default
    value = _raw(name)
    return default if value is None else value


def read_flag(name: str, default: bool) -> bool:
    """Read a switch: 1/true/yes/on or 0/false/no/off."""
    DEFAULTS[PREFIX + name] = "1" if default else "0"
    value = _raw(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be 1 or 0 (also true/false, yes/no, on/off).")


def read_number(name: str, default: int, *, low: int, high: int) -> int:
    """Read a whole number within `low`..`high`, both included."""
    DEFAULTS[PREFIX + name] = str(default)
    value = _raw(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be a whole number from {low} to {high}.")
    return number


def read_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """Read one of `choices`."""
    value = read_text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def read_list(name: str, default: str) -> list[str]:
    """Read values separated by commas; blanks are dropped."""
    return [item.strip() for item in read_text(name, default).split(",") if item.strip()]


def read_time_zone(name: str, default: str) -> str:
    """Read a time zone by its IANA name."""
    value = read_text(name, default)
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be a time zone (Europe/Berlin).") from error
    return value
