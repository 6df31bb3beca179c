"""A publisher killed between any two steps leaves the version before or the new one serving, and no litter for long."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from search.models import IndexVersion

ROOT = Path(__file__).resolve().parents[2]
LEAST_STEPS = 15
"""Fewer would mean that the steps are no longer seen."""


def test_a_publisher_that_is_killed_leaves_exactly_one_of_two_versions_serving(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLIPSITE_")}
    environment |= {"CLIPSITE_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    (tmp_path / "static").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.versions.publisher"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rounds) > LEAST_STEPS
    assert [each["died"] for each in rounds] == [signal.SIGKILL] * (len(rounds) - 1) + [0]
    before = 1
    for number, each in enumerate(rounds):
        assert each.get("first") == "red.png", (number, each)
        assert each["serves"] in {before, each["newest"]}, (number, each)
        before = each["serves"]
    assert {each["serves"] for each in rounds} != {1}
    assert rounds[-1]["serves"] == rounds[-1]["built"]
    assert rounds[-1]["strays"] == []
    assert set(rounds[-1]["states"]) == {IndexVersion.State.READY}
    assert any(each["strays"] for each in rounds), "no round was killed in the midst of writing"
