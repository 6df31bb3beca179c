"""The drill of the disk: it fills up in the middle of a run, which says so, waits, and goes on once there is room."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from search.polling import wait_for
from tests.e2e.site import Site, running_site
from tests.load.records import Watched, ask

pytestmark = pytest.mark.e2e

FIRST, SECOND = 10, 200
DATA_MB = 320
ROOM_MB, MORE_ROOM_MB = 4, 64
RUN_SECONDS = 180


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A disk of its own at this folder; where none can be mounted (it needs root), the test is skipped."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here, so a full one is not tested (it needs root)")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled_up(disk: Path) -> Iterator[None]:
    """Not a byte is free on the disk until the `with` block ends, unless the site itself gives some back."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    try:
        yield
    finally:
        filler.unlink()


def make_pictures(folder: Path, count: int, seed: int) -> None:
    """Of so much detail that the derivative of each takes some 30 kB."""
    folder.mkdir()
    chance = np.random.default_rng(seed)
    for number in range(count):
        noise = chance.integers(0, 255, (96, 128, 3), dtype=np.uint8)
        Pillow.fromarray(noise).resize((640, 480)).save(folder / f"noise-{number:03}.jpg", quality=90)


def assert_exact(site: Site) -> None:
    """Every picture of both datasets stands once in every place."""
    images = "search_image i JOIN search_dataset d ON d.id = i.dataset_id"
    states = f"SELECT d.slug, i.state, count(*) FROM {images} GROUP BY 1, 2"  # noqa: S608 (no value in it)
    assert sorted(ask(site, states)) == [("first", "ready", FIRST), ("second", "ready", SECOND)]
    assert ask(site, "SELECT count(*), count(DISTINCT image_id) FROM search_embedding") == [(FIRST + SECOND,) * 2]
    assert ask(site, "SELECT count(*) FROM workers_imagefailure") == [(0,)]


def test_on_a_full_disk_a_run_waits_for_room_and_goes_on_by_itself(tmp_path: Path, small_checkpoint: str) -> None:
    make_pictures(tmp_path / "first", FIRST, 1)
    make_pictures(tmp_path / "second", SECOND, 2)
    disk = tmp_path / "var" / "derivatives"
    with (
        small_disk(disk, ROOM_MB),
        running_site(tmp_path, CLIPSITE_ENCODER=small_checkpoint, CLIPSITE_BATCH_SIZE="8") as site,
    ):
        site.ingest("first", tmp_path / "first")
        before = site.search("first", "noise")["hits"]
        assert len(before) == FIRST

        assert site.manage("ingest", "second", str(tmp_path / "second")).returncode == 0
        run = Watched.newest(site)
        assert wait_for(run.waits_for_room, RUN_SECONDS), site.log.read_text()
        status, page = site.get(f"/runs/{run.run}/")
        assert status == 200
        assert b"waiting for room" in page
        assert b"disk that holds clipsite" in page
        assert site.search("first", "noise")["hits"] == before
        assert not list(disk.rglob(".*")), "half a file was left"

        subprocess.run(["mount", "-o", f"remount,size={MORE_ROOM_MB}m", str(disk)], check=True)
        assert wait_for(lambda: run.state() == "done", RUN_SECONDS), site.log.read_text()
        assert_exact(site)
        assert len(list(disk.rglob("*.jpg"))) == FIRST + SECOND
        assert site.search("second", "noise", k=100)["hits"]


def test_a_full_data_folder_stops_the_work_and_loses_nothing(tmp_path: Path, small_checkpoint: str) -> None:
    """Records, queue and files all lie on the disk that is full."""
    make_pictures(tmp_path / "first", FIRST, 1)
    make_pictures(tmp_path / "second", SECOND, 2)
    disk = tmp_path / "var"
    with (
        small_disk(disk, DATA_MB),
        running_site(tmp_path, CLIPSITE_ENCODER=small_checkpoint, CLIPSITE_BATCH_SIZE="8") as site,
    ):
        site.ingest("first", tmp_path / "first")
        before = site.search("first", "noise")["hits"]
        assert site.manage("ingest", "second", str(tmp_path / "second")).returncode == 0
        run = Watched.newest(site)
        assert wait_for(lambda: run.encoded() > 0, RUN_SECONDS)
        with filled_up(disk):
            assert run.encoded() < SECOND, "the run was over before the drill"
            for _ in range(20):
                assert site.search("first", "noise")["hits"] == before
        assert wait_for(lambda: run.state() != "active", RUN_SECONDS), site.log.read_text()
        assert run.state() == "done", site.log.read_text()
        assert_exact(site)
        assert len(list(disk.glob("derivatives/*/*/*.jpg"))) == FIRST + SECOND
        assert site.search("second", "noise", k=100)["hits"]
