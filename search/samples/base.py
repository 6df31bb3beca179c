"""What a source of sample photos is, and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from search.files.atomic import atomic_file
from search.values import Report

OnMessage = Callable[[str], None]


class SourceUnavailable(Exception):
    """A source that cannot be had here, and why, in plain words; the next one is tried."""


@dataclass(frozen=True, slots=True)
class SampleSet:
    """Photos that lie in `folder`, with what is known about each in `captions` (name, tab, caption)."""

    source_title: str
    folder: Path
    count: int
    captions: Path


class Source(Protocol):
    """One place that photos come from."""

    title: str
    slug: str

    def fetch(self, destination: Path, count: int | None, say: OnMessage, report: Report) -> SampleSet:
        """Puts photos below `destination`; what lies there already is not fetched again.

        Raises SourceUnavailable, DiskFull or OSError.
        """
        ...


def complete_set(title: str, destination: Path) -> SampleSet | None:
    """Return the set that an earlier fetch completed, or None."""
    photos, captions = destination / "photos", destination / "captions.tsv"
    if not photos.is_dir() or not captions.is_file():
        return None
    return SampleSet(title, photos, sum(1 for file in photos.rglob("*") if file.is_file()), captions)


def write_captions(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    """Writes rows as tab-separated text, whole or not at all. Raises DiskFull."""
    with atomic_file(path) as file:
        for row in rows:
            file.write(("\t".join(" ".join(field.split()) for field in row) + "\n").encode())
