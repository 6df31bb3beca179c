"""A running site is put into a file, and an empty folder becomes the same site with the same answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import Site, running_site, supervised
from tests.environment import free_port

pytestmark = pytest.mark.e2e

QUESTIONS = ("a cat", "stars in the sky", "coffee", "motorbike", "a person in space", "stones")


def answers(site: Site) -> list[Any]:
    """Names and scores of what the dataset answers."""
    found = []
    for question in QUESTIONS:
        hits = site.search("photographs", question)["hits"]
        found.append([(hit["name"], hit["score"]) for hit in hits])
        assert found[-1]
    return found


def test_an_empty_folder_becomes_the_same_site(
    photographs: Path, small_checkpoint: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    backup, folder = tmp_path / "backup.tar", tmp_path_factory.mktemp("first")
    with running_site(folder, CLIPSITE_ENCODER=small_checkpoint) as first:
        first.ingest("photographs", photographs)
        before = answers(first)
        (image,) = {hit["image_id"] for hit in first.search("photographs", QUESTIONS[0], k=1)["hits"]}
        picture = first.get(f"/image/{image}/thumbnail")
        made = first.manage("backup", str(backup))
        assert made.returncode == 0, made.stderr
        refused = first.manage("restore", str(backup))
        assert "clipsite runs on" in refused.stderr
        key = Path(first.environment["CLIPSITE_DATA_DIR"], "secret_key").read_text()

    port = free_port()
    elsewhere = first.environment | {
        "CLIPSITE_DATA_DIR": str(tmp_path / "elsewhere"),
        "CLIPSITE_PORT": str(port),
        "CLIPSITE_REDIS_PORT": str(free_port()),
    }
    second = Site(f"http://127.0.0.1:{port}", elsewhere, first.password, tmp_path / "up.log")
    restored = second.manage("restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    assert re.search(r"Restored [\d,]+ files of the backup of", restored.stdout)
    assert "has no resized pictures" not in restored.stdout
    with supervised(elsewhere, second.log):
        assert answers(second) == before
        assert second.get(f"/image/{image}/thumbnail") == picture
        assert Path(elsewhere["CLIPSITE_DATA_DIR"], "secret_key").read_text() == key
        assert "admin / " not in second.log.read_text(), "a second first administrator"
        indexed = second.manage("doctor", "--index", "--json")
        assert indexed.returncode == 0, indexed.stderr
        assert all(finding["ok"] for finding in json.loads(indexed.stdout.splitlines()[-1]))
