"""`manage.py benchmark indexing` at its smallest: every part runs for real; how fast is for people to read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.e2e.site import benchmark

pytestmark = pytest.mark.e2e
COUNT = 50


def test_it_measures_the_loop_the_limits_and_the_pipeline_and_leaves_nothing(
    photographs: Path, small_checkpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    options = ("--images", str(photographs), "--n", str(COUNT), "--encoder", small_checkpoint, "--json")
    done = benchmark("indexing", *options)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout.splitlines()[-1])
    assert [run["images"] for run in measured["runs"]] == [COUNT, 2 * COUNT, 4 * COUNT]
    expected = measured["pipeline_images_per_s"] / measured["limit_images_per_s"]
    assert measured["ratio_to_limit"] == pytest.approx(expected)
    expected = measured["pipeline_images_per_s"] / measured["sequential_images_per_s"]
    assert measured["ratio_to_sequential"] == pytest.approx(expected)
    first, last = measured["runs"][0], measured["runs"][-1]
    assert measured["growth_n_to_4n"] == pytest.approx(last["seconds"] / last["images"] * COUNT / first["seconds"])
    assert measured["peak_rss_mb"] >= max(last["worker_mb"].values()) > 0
    assert set(last["worker_mb"]) == {"worker-cpu", "worker-gpu", "beat"}
    assert not list(tmp_path.glob("clipsite-benchmark-*"))


def test_what_cannot_be_measured_is_one_sentence(photographs: Path) -> None:
    for options, sentence in (
        (("--n", "3"), r"^--n is 3;"),
        (("--encoder", "nothing/at/all"), "^No encoder is called 'nothing/at/all'"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("benchmark", "indexing", "--images", str(photographs), *options)


def test_a_folder_that_is_none_is_told_by_the_site_that_measures_in_one_sentence() -> None:
    done = benchmark("indexing", "--images", "/nowhere")
    assert done.returncode == 1
    assert "/nowhere is no folder" in done.stderr
    assert "Traceback" not in done.stderr
