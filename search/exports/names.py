"""File names inside an archive: as they were, but safe on every system and each once."""

from __future__ import annotations

import re
from itertools import count
from pathlib import PurePosixPath

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_LONGEST_PART = 120
"""Characters of a folder or file name; 255 bytes are what file systems take, and a character may have four."""


class ArchiveNames:
    """Gives each file of one archive its name; upper and lower case are the same, as on many systems."""

    def __init__(self, *reserved: str) -> None:
        self._taken = {name.casefold() for name in reserved}

    def unique(self, name: str) -> str:
        """A relative path with forward slashes that no other file of this archive has."""
        path = PurePosixPath("/".join(filter(None, map(_safe, name.split("/"))))) if name else PurePosixPath()
        path = path if path.name else PurePosixPath("image")
        chosen = path
        for number in count(2):
            if str(chosen).casefold() not in self._taken:
                break
            chosen = path.with_name(f"{path.stem} ({number}){path.suffix}")
        self._taken.add(str(chosen).casefold())
        return str(chosen)


def _safe(part: str) -> str:
    part = _UNSAFE.sub("_", part).strip(" ")
    if not part.strip("."):
        return ""
    part = part.rstrip(". ")
    if _RESERVED.match(part):
        part = f"_{part}"
    if len(part) <= _LONGEST_PART:
        return part
    stem, dot, suffix = part.rpartition(".")
    ending = f"{dot}{suffix}" if stem and len(suffix) <= 12 else ""
    return part[: _LONGEST_PART - len(ending)] + ending
