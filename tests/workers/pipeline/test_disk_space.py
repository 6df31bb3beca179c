"""A run for which the disk has no room waits, says so, and goes on by itself once there is some."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from search.models import Dataset
from search.values import Report, StageOutcome
from tests.workers.conftest import pictures, start, until_derive, work_off
from workers.models import Batch, Run
from workers.pipeline.execute import execute
from workers.pipeline.lifecycle import MAX_ATTEMPTS
from workers.progress.state import run_state
from workers.runs.repair import repair_runs
from workers.runs.stalled import why_idle

__all__ = ["pictures"]


@pytest.fixture
def full_disk(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """The derivatives lie on a disk with room for none of them."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here (it takes root)")
    settings.DERIVATIVES_DIR = folder
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("refusal", [DatabaseError("database or disk is full"), RuntimeError("write error")])
def test_a_full_disk_is_no_fault_of_the_run_whoever_complains_of_it(
    pictures: Dataset, full_disk: Path, refusal: Exception
) -> None:
    run = start(pictures)
    batch = until_derive(run)

    def refused(held: Batch, report: Report) -> StageOutcome:
        raise refusal

    for _ in range(MAX_ATTEMPTS + 1):
        Run.objects.filter(pk=run.pk).update(is_paused=False, waits_for_disk_space=False)
        execute(batch.pk, refused)
    run.refresh_from_db()
    assert (run.state, run.waits_for_disk_space) == (Run.State.ACTIVE, True)

    subprocess.run(["mount", "-o", "remount,size=64m", str(full_disk)], check=True)
    repair_runs()
    assert work_off(run).state == Run.State.DONE


def test_it_waits_and_goes_on(pictures: Dataset, full_disk: Path) -> None:
    run = start(pictures)
    work_off(run, limit=3)
    run.refresh_from_db()
    assert run.waits_for_disk_space
    assert "is full" in run.message
    assert run_state(run)["state_label"] == "waiting for room"
    assert "waits for room" in str(why_idle(run))
    repair_runs()
    run.refresh_from_db()
    assert run.is_paused, "there is no room yet"

    subprocess.run(["mount", "-o", "remount,size=64m", str(full_disk)], check=True)
    repair_runs()
    work_off(run)
    assert (run.state, run.waits_for_disk_space, run.is_paused) == (Run.State.DONE, False, False)
    ready = pictures.images.filter(state="ready").count()
    assert ready == pictures.images.count() - 1, "all but the file that is none"
    assert len(list(full_disk.rglob("*.jpg"))) == ready
