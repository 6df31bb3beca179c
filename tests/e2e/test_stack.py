"""The chain from a folder to answers with every real part: Valkey, workers, web server, encoders, photographs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from search.polling import wait_for
from tests.e2e.conftest import PHOTOGRAPHS
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("query", "photograph"),
    [
        ("a cat", "chelsea.png"),
        ("coffee", "coffee.png"),
        ("a rocket launch", "rocket.jpg"),
        ("a motorcycle", "motorcycle_left.png"),
    ],
)
def test_the_starter_finds_what_the_words_mean(site: Site, query: str, photograph: str) -> None:
    hits = site.search("photographs", query)["hits"]
    assert hits[0]["name"] == photograph
    assert hits[0]["score"] > hits[1]["score"]


def test_the_command_line_answers_like_the_api(site: Site, photographs: Path) -> None:
    done = site.manage("search", "photographs", "a cat", "-k", "3", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    over_http = site.search("photographs", "a cat", 3)
    assert [hit["image_id"] for hit in answer["hits"]] == [hit["image_id"] for hit in over_http["hits"]]
    assert answer["hits"][0]["path"] == str(photographs.resolve() / "chelsea.png")


def test_the_broken_file_stands_in_the_ledger_and_the_rest_is_searchable(site: Site) -> None:
    hits = site.search("photographs", "a photo", 100)["hits"]
    assert {hit["name"] for hit in hits} == set(PHOTOGRAPHS)
    status, body = site.get("/runs/1/")
    assert status == 200
    assert "broken.jpg" in body.decode()
    assert "not an image of a known format" in body.decode()


def switch_encoder(site: Site, encoder: str, shown: str) -> Any:
    """What the site answers once the encoder answers whose name is `shown`; a web process looks every second.

    Not by the number of a version: other tests of this site build some, and one with this encoder may be there already.
    """
    until = time.monotonic() + 120
    command = ("reindex", "photographs", "--encoder", encoder, "--switch", "--wait")
    while "is being worked on" in (done := site.manage(*command)).stderr:  # as by the map of a version made live before
        assert time.monotonic() < until, done.stderr
    assert done.returncode == 0, done.stderr
    until = time.monotonic() + 30
    while (answer := site.search("photographs", "a cat"))["encoder"] != shown:
        assert time.monotonic() < until, f"{answer['encoder']} still answers"
    return answer


def test_a_small_open_clip_checkpoint_runs_the_whole_chain_and_is_picked_up_without_a_restart(
    site: Site, small_checkpoint: str, photographs: Path
) -> None:
    before = site.search("photographs", "a cat")
    # The folder of the checkpoint is nobody's business.
    after = switch_encoder(site, small_checkpoint, "open_clip/ViT-S-32-alt/small.safetensors")
    assert after["index_version"] != before["index_version"]
    assert len(after["hits"]) == 10
    # Back to the starter: its embeddings are still there, so at most the index is built.
    assert switch_encoder(site, before["encoder"], before["encoder"])["hits"] == before["hits"]


def test_a_private_dataset_stays_private(site: Site, photographs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "diary"
    folder.mkdir()
    (folder / "page.png").write_bytes((photographs / "page.png").read_bytes())
    site.ingest("diary", folder, "--private")
    assert site.get("/datasets/diary/")[0] == 404
    status, body = site.get("/api/v1/search?dataset=diary&q=text")
    assert status == 404
    assert "diary" not in json.loads(body)["detail"].partition("There is:")[2]
    assert site.manage("search", "diary", "text").returncode == 0


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("ingest", "x", "/no/such/folder"), "There is no folder /no/such/folder"),
        (("ingest", "photographs", "/usr"), "stands for"),
        (("reindex", "nothing"), "There is no dataset 'nothing' here"),
        (("reindex", "photographs", "--encoder", "what/is/this"), "No encoder is called 'what/is/this'"),
        (
            ("reindex", "photographs", "--encoder", "open_clip/ViT-B-32//no/file.pt", "--wait"),
            "The checkpoint file.pt",
        ),
        (("search", "photographs", ""), "The query is empty"),
    ],
)
def test_bad_input_is_one_sentence_and_a_failure(site: Site, command: tuple[str, ...], sentence: str) -> None:
    done = site.manage(*command)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_folder_fails_in_plain_words_and_loses_nothing(site: Site, tmp_path: Path) -> None:
    done = site.manage("ingest", "empty", str(tmp_path), "--wait")
    assert done.returncode != 0
    assert "has no readable image" in done.stderr
    assert site.get("/datasets/empty/")[0] == 200


def test_benchmark_times_every_part_of_a_query(site: Site) -> None:
    done = site.manage("benchmark", "query", "photographs", "--count", "5", "--json")
    assert done.returncode == 0, done.stderr
    timings = {timing["part"]: timing["median_ms"] for timing in json.loads(done.stdout.strip().splitlines()[-1])}
    assert len(timings) == 4
    assert all(median > 0 for median in timings.values())


def test_doctor_finds_nothing_wrong(site: Site) -> None:
    done = site.manage("doctor", "--json")
    findings = json.loads(done.stdout.strip().splitlines()[-1])
    assert [finding for finding in findings if not finding["ok"]] == []
    assert done.returncode == 0


def test_a_killed_encoder_worker_comes_back_and_the_next_run_succeeds(site: Site, photographs: Path) -> None:
    (worker, *_) = site.processes("worker -Q gpu")
    os.kill(worker, signal.SIGKILL)
    assert wait_for(lambda: any(pid != worker for pid in site.processes("worker -Q gpu")), 30)
    site.ingest("photographs", photographs)
    assert site.search("photographs", "a cat")["hits"][0]["name"] == "chelsea.png"


def test_a_search_never_waits_behind_bulk_work(site: Site, photographs: Path, tmp_path: Path) -> None:
    bulk = tmp_path / "bulk"
    shutil.copytree(photographs, bulk)
    (encoder, *_) = site.processes("worker -Q gpu")
    os.kill(encoder, signal.SIGSTOP)
    try:
        started = site.manage("ingest", "bulk", str(bulk))
        run = re.search(r"Started run (\d+)", started.stdout)
        assert run is not None, started.stderr
        page = f"/runs/{run.group(1)}/"
        resized = b'data-stage="derive" data-state="done"'
        assert wait_for(lambda: resized in site.get(page)[1], 60), "the images wait to be encoded"
        assert site.search("photographs", "a question that nobody has asked before")["hits"]
        assert b'data-stage="embed" data-state="done"' not in site.get(page)[1]
    finally:
        os.kill(encoder, signal.SIGCONT)
    assert wait_for(lambda: b"images are searchable in version 1" in site.get(page)[1], 120)
