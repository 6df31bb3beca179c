"""The loads, tried small: that they measure what they say, and that the site stands a little of each."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from clipsite.benchmarks.corpus import make_corpus
from tests.e2e.conftest import photographs, small_checkpoint
from tests.e2e.site import running_site
from tests.load import searching, sockets

__all__ = ["photographs", "small_checkpoint"]

pytestmark = pytest.mark.e2e


def test_people_search_while_images_are_indexed_and_one_client_is_refused(
    photographs: Path, small_checkpoint: str, tmp_path: Path
) -> None:
    asked = searching.Asked(
        photos=photographs,
        images=400,
        solo_images=100,
        library=60,
        users=3,
        pause=0.5,
        seconds=20,
        calm_seconds=20,
        per_minute=240,
        encoder=small_checkpoint,
    )
    measured = searching.measure(asked, tmp_path)
    for phase in ("calm", "busy", "abused"):
        assert measured[phase]["errors"] == {}, measured
        assert measured[phase]["requests"] >= 3, measured
        assert measured[phase]["p95_ms"] >= measured[phase]["p50_ms"] > 0
    assert measured["files_failed"] == 0
    assert measured["indexing_alone_per_s"] > 0
    assert measured["indexing_under_load_per_s"] > 0
    assert measured["calm"]["abuses"] == measured["busy"]["abuses"] == 0
    # Of a minute's 240 it may have forty at once, and then four a second.
    assert measured["abused"]["refused"] > 0
    assert measured["abused"]["abuses"] - measured["abused"]["refused"] <= 40 + 4 * 40


def test_every_watcher_sees_the_true_end_of_a_run(photographs: Path, small_checkpoint: str, tmp_path: Path) -> None:
    make_corpus(photographs, tmp_path / "pictures", 150)
    with running_site(tmp_path, CLIPSITE_ENCODER=small_checkpoint, CLIPSITE_BATCH_SIZE="16") as site:
        measured = asyncio.run(sockets.measure(site, 20, tmp_path / "pictures"))
    assert measured["run_state"] == "done"
    assert measured["at_the_true_end"] == 20, measured
    assert (measured["connections_lost"], measured["over_capacity"]) == (0, 0), measured
    assert measured["frames_of_one"] >= 3
    assert measured["web_mb_most"] >= measured["web_mb_before"] > 0
