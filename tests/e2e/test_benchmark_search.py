"""`manage.py benchmark search` at its smallest: every part runs for real; how fast is for people to read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.e2e.site import benchmark

pytestmark = pytest.mark.e2e
COUNT = 1500


def test_it_measures_indexes_http_and_swaps_and_leaves_nothing(
    small_checkpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = benchmark("search", "--n", str(COUNT), "--encoder", small_checkpoint, "--endurance", "200", "--json")
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout.splitlines()[-1])
    (size,) = measured["sizes"]
    assert (size["n"], size["kind"], size["recall_at_10"]) == (COUNT, "flat", 1.0)
    assert 0 < size["p50_ms"] <= size["p95_ms"]
    assert [part["selectivity"] for part in size["filtered"]] == [0.1, 0.01, 0.001]
    assert {graph["name"] for graph in size["graphs"]} == {"hnswlib", "usearch"}
    assert [row["clients"] for row in measured["http"]] == [1, 8, 32]
    everything = [*measured["http"], measured["http_cached"], measured["http_filtered"]]
    assert all(row["errors"] == 0 and row["requests"] > 0 for row in everything)
    swap = measured["swap"]
    assert (swap["failed"], swap["publishes"]) == (0, 20)
    assert swap["versions_seen"] > 1
    assert (measured["endurance"]["queries"], measured["endurance"]["failed"]) == (200, 0)
    assert not list(tmp_path.glob("clipsite-benchmark-*"))


@pytest.mark.parametrize("sizes", ["3", "many", "2000,"])
def test_sizes_that_cannot_be_measured_are_one_sentence(sizes: str) -> None:
    with pytest.raises(CommandError, match=f"^--n is {sizes!r}"):
        call_command("benchmark", "search", "--n", sizes)
