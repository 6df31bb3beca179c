"""Workers that die over a batch: noticed at once, the batch made smaller, the guilty file found and set aside."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.utils import timezone
from PIL import Image as Pillow

from search.models import Dataset, Embedding, Image
from search.values import Report, StageOutcome
from tests.workers.conftest import do, start, until_derive, work_off
from workers.models import Batch, ImageFailure, Run, RunEvent
from workers.pipeline import lost_workers
from workers.pipeline.execute import execute
from workers.pipeline.lifecycle import claim
from workers.pipeline.lost_workers import LEASE
from workers.processes import identity
from workers.registry import DERIVE, EMBED
from workers.runs.repair import repair_runs

IMAGES = 4


def worker(process: subprocess.Popen[bytes]) -> str:
    """The name under which that process would claim a batch."""
    return f"{identity.own_name().rpartition(':')[0]}:{process.pid}"


def process() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def killed_worker() -> str:
    """The name of a process that is gone; its number is not given away again so soon."""
    killed = process()
    killed.kill()
    killed.communicate()
    return worker(killed)


def lose_worker_over(batch: Batch) -> None:
    assert claim(batch.pk, killed_worker()) is not None
    repair_runs()
    batch.refresh_from_db()


def work_off_with_killer(run: Run, stage: str, guilty: int) -> Run:
    """Works the run off, where every worker dies that gets the guilty image in this stage."""
    for _ in range(100):
        batch = run.batches.filter(state=Batch.State.QUEUED).order_by("pk").first()
        if batch is None:
            break
        if batch.stage == stage and guilty in batch.image_ids:
            lose_worker_over(batch)
        else:
            do(batch)
    run.refresh_from_db()
    return run


def counters(run: Run, stage: str) -> tuple[int, int, int]:
    progress = run.stages.get(stage=stage)
    return progress.total, progress.done, progress.failed


def test_a_killed_process_of_this_machine_is_noticed_without_waiting_for_its_lease(pictures: Dataset) -> None:
    run = start(pictures)
    alive = process()
    batch = claim(run.batches.get().pk, worker(alive))
    assert batch is not None
    repair_runs()
    batch.refresh_from_db()
    assert batch.state == Batch.State.RUNNING
    alive.kill()
    os.waitid(os.P_PID, alive.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and its parent has not looked yet
    repair_runs()
    alive.communicate()
    batch.refresh_from_db()
    assert batch.state == Batch.State.QUEUED
    assert run.events.latest("pk").level == RunEvent.Level.WARNING
    assert work_off(run).state == Run.State.DONE


def test_a_message_delivered_again_frees_the_batch_of_a_dead_process(pictures: Dataset) -> None:
    run = start(pictures)
    batch = until_derive(run)
    assert claim(batch.pk, killed_worker()) is not None
    do(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.worker_losses) == (Batch.State.QUEUED, 1)


def test_a_process_that_slept_is_not_a_dead_one(pictures: Dataset) -> None:
    run = start(pictures)
    batch = until_derive(run)
    assert claim(batch.pk, identity.own_name()) is not None
    Batch.objects.filter(pk=batch.pk).update(heartbeat_at=timezone.now() - LEASE - timedelta(seconds=1))
    repair_runs()
    batch.refresh_from_db()
    assert (batch.state, batch.worker_losses) == (Batch.State.QUEUED, 0)


def test_a_process_of_another_machine_is_given_its_lease(pictures: Dataset) -> None:
    run = start(pictures)
    batch = until_derive(run)
    assert claim(batch.pk, f"elsewhere/12345678:{2**22 + 1}") is not None
    repair_runs()
    batch.refresh_from_db()
    assert batch.state == Batch.State.RUNNING
    Batch.objects.filter(pk=batch.pk).update(heartbeat_at=timezone.now() - LEASE - timedelta(seconds=1))
    repair_runs()
    batch.refresh_from_db()
    assert (batch.state, batch.worker_losses) == (Batch.State.QUEUED, 1)


def test_a_batch_that_lost_two_workers_goes_on_in_halves(pictures: Dataset) -> None:
    run = start(pictures)
    batch = until_derive(run)
    for _ in range(2):
        lose_worker_over(batch)
    assert (batch.state, batch.worker_losses) == (Batch.State.SPLIT, 2)
    halves = run.batches.filter(stage=DERIVE, state=Batch.State.QUEUED).order_by("pk")
    assert [half.worker_losses for half in halves] == [1, 1]
    assert [pk for half in halves for pk in half.image_ids] == batch.image_ids
    assert run.events.filter(level=RunEvent.Level.WARNING, text__contains="in halves").exists()
    assert work_off(run).state == Run.State.DONE
    assert counters(run, DERIVE) == (5, IMAGES, 1)
    assert counters(run, EMBED) == (IMAGES, IMAGES, 0)


@pytest.mark.parametrize("stage", [DERIVE, EMBED])
def test_the_file_that_ends_its_workers_is_found_and_the_others_become_searchable(
    pictures: Dataset, stage: str
) -> None:
    (Path(pictures.source_path) / "broken.jpg").unlink()
    run = start(pictures)
    do(run.batches.get())
    guilty = pictures.images.get(name="green.png")
    assert work_off_with_killer(run, stage, guilty.pk).state == Run.State.DONE
    entry = ImageFailure.objects.get(dataset=pictures)
    assert (entry.image_id, entry.state, entry.stage) == (guilty.pk, ImageFailure.State.QUARANTINED, stage)
    assert "ended the worker that read it" in entry.reason
    assert pictures.images.get(pk=guilty.pk).state == Image.State.FAILED
    assert counters(run, stage) == (IMAGES, IMAGES - 1, 1)
    embed_total = IMAGES - 1 if stage == DERIVE else IMAGES
    assert counters(run, EMBED)[:2] == (embed_total, IMAGES - 1)
    assert not run.stages.filter(finished_at=None).exists()
    pictures.refresh_from_db()
    assert pictures.live_version is not None
    assert pictures.live_version.count == IMAGES - 1


def test_a_fault_that_is_not_the_files_stops_the_run_before_all_are_blamed(
    pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_workers, "_MOST_QUARANTINED", 2)
    run = start(pictures)
    do(run.batches.get())
    while batch := run.batches.filter(state=Batch.State.QUEUED, run__state=Run.State.ACTIVE).first():
        lose_worker_over(batch)
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert run.message.startswith("resize lost workers over 2 single images, so the fault is hardly theirs.")
    assert pictures.failures.filter(state=ImageFailure.State.QUARANTINED).count() == 2


def test_a_run_tells_everybody_of_a_checkpoint_but_not_of_its_folder(pictures: Dataset) -> None:
    run = start(pictures, encoder="open_clip/ViT-B-32//srv/models/lost.safetensors")
    work_off(run)
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert "lost.safetensors" in run.message
    assert "/srv" not in run.message + "".join(run.events.values_list("text", flat=True))


def test_a_quarantined_file_is_left_alone_until_it_changes(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    guilty = pictures.images.get(name="green.png")
    work_off_with_killer(run, DERIVE, guilty.pk)
    again = work_off(start(pictures))
    assert again.state == Run.State.DONE
    assert not any(guilty.pk in ids for ids in again.batches.values_list("image_ids", flat=True))
    Pillow.new("RGB", (320, 200), "green").save(Path(pictures.source_path) / "green.png")
    assert work_off(start(pictures)).state == Run.State.DONE
    assert pictures.images.get(pk=guilty.pk).state == Image.State.READY
    assert Embedding.objects.filter(image=guilty).count() == 1
    assert not ImageFailure.objects.filter(image=guilty).exists()


def test_a_database_that_refuses_is_no_death(pictures: Dataset) -> None:
    run = start(pictures)
    batch = until_derive(run)

    def refused(held: Batch, report: Report) -> StageOutcome:
        raise DatabaseError("the disk is gone")

    execute(batch.pk, refused)
    batch.refresh_from_db()
    assert (batch.state, batch.worker_losses, batch.attempts) == (Batch.State.QUEUED, 0, 1)
    assert work_off(run).state == Run.State.DONE
