"""Files that stay for as long as they are used."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from search.files.cache import age_of, note_use, sweep

HOUR = timedelta(hours=1)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Of 10 bytes each, last used 1, 2, 3 and 4 hours ago."""
    paths = [tmp_path / f"{hours}" for hours in range(1, 5)]
    for hours, path in enumerate(paths, start=1):
        path.write_bytes(bytes(10))
        moment = time.time() - hours * HOUR.total_seconds()
        os.utime(path, (moment, moment))
    return paths


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        ({"max_age": 2.5 * HOUR}, ["1", "2"]),
        ({"most_files": 3}, ["1", "2", "3"]),
        ({"most_bytes": 10}, ["1"]),
        ({"most_bytes": 19, "max_age": 9 * HOUR}, ["1"]),
        ({}, ["1", "2", "3", "4"]),
    ],
)
def test_what_was_used_longest_ago_goes(
    files: list[Path], tmp_path: Path, limits: dict[str, Any], left: list[str]
) -> None:
    assert sweep(tmp_path.iterdir(), **limits) == 4 - len(left)
    assert sorted(path.name for path in tmp_path.iterdir()) == left
    assert sweep([*files], **limits) == 0


def test_a_use_is_noted_when_the_last_one_is_long_past(files: list[Path]) -> None:
    note_use(files[3], HOUR)
    note_use(files[1], 3 * HOUR)
    ages = [age_of(path) for path in files]
    assert ages[3] is not None
    assert ages[3] < 60
    assert ages[1] is not None
    assert ages[1] > 3600


def test_what_is_not_there_has_no_age(tmp_path: Path) -> None:
    note_use(tmp_path / "gone", HOUR)
    assert age_of(tmp_path / "gone") is None
