"""`manage.py benchmark explorer` with few points: a real server, a real browser, and points that are seen."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from search.projection.points import LEVELS
from tests.e2e.site import benchmark

pytestmark = pytest.mark.e2e
POINTS = 20_000


def test_it_measures_a_map_whose_points_are_seen_and_leaves_nothing(
    chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Chromium's socket lies below it; its path may have 107 characters, and folders of pytest are too long for that.
    with tempfile.TemporaryDirectory(prefix="map-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        done = benchmark("explorer", "--points", str(POINTS), "--json")
        left = list(Path(folder).glob("clipsite-benchmark-*"))
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout.splitlines()[-1])
    assert (measured["points"], measured["renderer"]) == (POINTS, "webgl")
    assert measured["frame_points"] in {LEVELS[0], POINTS}  # a slow machine moves fewer points
    assert 0 < measured["first_points_ms"] <= measured["first_draw_ms"] <= measured["all_loaded_ms"]
    assert measured["lit_pixels"] > POINTS
    assert all(measured[name] > 0 for name in ("frame_ms", "hover_ms", "memory_mb"))
    assert not left


def test_too_few_points_are_one_sentence() -> None:
    with pytest.raises(CommandError, match=r"^--points is 3;"):
        call_command("benchmark", "explorer", "--points", "3")
