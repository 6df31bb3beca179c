"""Folders of this machine, and secrets in files of their own."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from clipsite.config.env.values import PREFIX, read_list, read_text

SHORTEST_SECRET = 16


def read_path(name: str, default: Path) -> Path:
    """Read a path and make it absolute: `~` by the home folder, a relative one by the working folder."""
    return Path(read_text(name, str(default))).expanduser().resolve()


def read_folders(name: str) -> list[Path]:
    """Read folders separated by commas; each must exist."""
    folders = [Path(item).expanduser().resolve() for item in read_list(name, "")]
    for folder in folders:
        if not folder.is_dir():
            raise ImproperlyConfigured(f"{PREFIX}{name} names {folder}, which is not a folder.")
    return folders


def read_secret(name: str, path: Path) -> str:
    """Read the secret `CLIPSITE_<name>`, or make one once in the file `path`, which only its owner can read."""
    value = read_text(name, "")
    if 0 < len(value) < SHORTEST_SECRET:
        raise ImproperlyConfigured(
            f"{PREFIX}{name} has {len(value)} characters; a secret needs {SHORTEST_SECRET} or more. "
            "Leave it unset to have one made."
        )
    if value:
        return value
    return _generated_secret(path, PREFIX + name)


def read_optional_secret(name: str) -> str:
    """Read the secret `CLIPSITE_<name>`, or "" when it is unset; none is made."""
    value = read_text(name, "")
    if 0 < len(value) < SHORTEST_SECRET:
        raise ImproperlyConfigured(
            f"{PREFIX}{name} has {len(value)} characters; a secret needs {SHORTEST_SECRET} or more."
        )
    return value


def _generated_secret(path: Path, variable: str) -> str:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(48))
            # A link appears whole or not at all, and never replaces the secret of a process that was faster.
            with suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{variable} is unset and {path} cannot hold a generated one: {error.strerror}. "
            "Set the variable, or point CLIPSITE_DATA_DIR to a folder that can be written."
        ) from error
    if not value:
        raise ImproperlyConfigured(f"{path} is empty; delete it to have a new secret made.")
    return value
