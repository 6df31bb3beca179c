"""Typed readers of `CLIPSITE_*` environment variables; every wrong value is refused with the variable's name.

Each variable `CLIPSITE_X` may instead be given as `CLIPSITE_X_FILE`, the path of a file that holds the value
(the convention of Docker and Kubernetes secrets). Every variable read is recorded in `DECLARED`, which the
documentation test compares with the README.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PREFIX = "CLIPSITE_"
DECLARED: dict[str, str] = {}

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def _raw(name: str) -> str | None:
    variable = PREFIX + name
    value = os.environ.get(variable)
    file = os.environ.get(f"{variable}_FILE")
    if value is not None and file is not None:
        raise ImproperlyConfigured(f"{variable} and {variable}_FILE are both set; keep one of them.")
    if file is None:
        return value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{variable}_FILE names {file}, which cannot be read: {error.strerror}.") from error


def read_text(name: str, default: str) -> str:
    """The value of `CLIPSITE_<name>`, or `default` when it is unset."""
    DECLARED[PREFIX + name] = default
    value = _raw(name)
    return default if value is None else value


def read_flag(name: str, default: bool) -> bool:
    """A switch: 1/true/yes/on or 0/false/no/off."""
    DECLARED[PREFIX + name] = "1" if default else "0"
    value = _raw(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be 1 or 0 (also true/false, yes/no, on/off).")


def read_number(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number within `low`..`high`, both included."""
    DECLARED[PREFIX + name] = str(default)
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
    """One of `choices`."""
    value = read_text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def read_list(name: str, default: str) -> list[str]:
    """Values separated by commas; blanks are dropped."""
    return [item.strip() for item in read_text(name, default).split(",") if item.strip()]


def read_path(name: str, default: Path) -> Path:
    """An absolute path; `~` and relative paths are resolved against the home and the working folder."""
    return Path(read_text(name, str(default))).expanduser().resolve()


def read_folders(name: str) -> list[Path]:
    """Existing folders separated by commas."""
    folders = [Path(item).expanduser().resolve() for item in read_list(name, "")]
    for folder in folders:
        if not folder.is_dir():
            raise ImproperlyConfigured(f"{PREFIX}{name} names {folder}, which is not a folder.")
    return folders


def read_secret(name: str, generated_in: Path) -> str:
    """The secret `CLIPSITE_<name>`, or one made once and kept, readable by its owner only, in `generated_in`."""
    value = read_text(name, "")
    if value:
        return value
    return _generated_secret(generated_in, PREFIX + name)


def _generated_secret(path: Path, variable: str) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept_secret(path)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{variable} is unset and {path} cannot be written to keep a generated one: {error.strerror}. "
            "Set the variable, or point CLIPSITE_DATA_DIR to a folder that can be written."
        ) from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48))
    return _kept_secret(path)


def _kept_secret(path: Path) -> str:
    value = path.read_text(encoding="utf-8").strip()
    if not value:
        raise ImproperlyConfigured(f"{path} is empty; delete it to have a new secret made.")
    return value
