"""How often a run's progress is sent, by however many processes, and that its last state always arrives."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db.models import F
from django.utils import timezone

from search.models import Dataset
from tests.conftest import all_told
from tests.web.sockets.socket import Socket
from tests.workers.conftest import start, work_off
from tests.workers.pipeline.processes import python
from workers.models import Run, StageProgress
from workers.progress.publish import LEAST_INTERVAL, publish, publish_soon, publish_unsent
from workers.registry import DERIVE

PROCESSES = 3
CHANGES = 150
COUNT_AND_TELL = f"""
import sys
from django.db.models import F
from workers.models import StageProgress
from workers.registry import DERIVE
from workers.progress.publish import publish_soon
import threading
run = int(sys.argv[1])
for _ in range({CHANGES}):
    StageProgress.objects.filter(run=run, stage="derive").update(done=F("done") + 1)
    publish_soon(run)
for thread in threading.enumerate():
    if thread.name.startswith("publish-"):
        thread.join()
"""


def done_of(frame: dict[str, Any]) -> int:
    return int(next(stage["done"] for stage in frame["run"]["stages"] if stage["stage"] == DERIVE))


def test_several_processes_together_send_two_messages_a_second_and_the_last_state(pictures: Dataset) -> None:
    run = start(pictures)

    frames: list[dict[str, Any]] = []
    moments: list[float] = []

    async def session() -> None:
        socket = Socket()
        assert await socket.open()
        await socket.receive()
        processes = [python(COUNT_AND_TELL, str(run.pk)) for _ in range(PROCESSES)]
        while not frames or done_of(frames[-1]) < PROCESSES * CHANGES:
            frames.append(await socket.receive(60))
            moments.append(time.monotonic())
        assert [await sync_to_async(process.wait)(60) for process in processes] == [0] * PROCESSES
        while not await socket.is_silent():
            frames.append(await socket.receive())
            moments.append(time.monotonic())
        await socket.close()

    async_to_sync(session)()
    numbers = [frame["run"]["sequence"] for frame in frames]
    assert numbers == sorted(set(numbers))
    # Each message has a number, also one that a later one overtook, which nobody is shown. One more than fits, because
    # the first may have come late.
    assert numbers[-1] - numbers[0] <= (moments[-1] - moments[0]) / LEAST_INTERVAL.total_seconds() + 1


def test_the_last_change_of_a_burst_is_sent_without_a_further_one(pictures: Dataset) -> None:
    run = start(pictures)
    progress = StageProgress.objects.filter(run=run, stage=DERIVE)

    async def session() -> int:
        socket = Socket()
        assert await socket.open()
        await socket.receive()
        for _ in range(20):
            await progress.aupdate(done=F("done") + 1)
            await sync_to_async(publish_soon)(run.pk)
        frame = await socket.receive()
        while done_of(frame) < 20:
            frame = await socket.receive()
        await socket.close()
        return done_of(frame)

    assert async_to_sync(session)() == 20


def test_messages_keep_their_distance_also_where_somebody_asks_for_one_at_once(pictures: Dataset) -> None:
    run = start(pictures)
    stamps = [Run.objects.get(pk=run.pk).published_at]
    for _ in range(3):
        publish(run.pk)
        stamps.append(Run.objects.get(pk=run.pk).published_at)
    moments = [stamp for stamp in stamps if stamp is not None]
    assert len(moments) == 4
    assert all(after - before >= LEAST_INTERVAL for before, after in pairwise(moments))


def test_the_end_of_a_run_that_nobody_told_is_told_by_the_repair(pictures: Dataset) -> None:
    run = work_off(start(pictures))
    all_told()
    assert run.state == Run.State.DONE
    told = Run.objects.get(pk=run.pk).sequence
    publish_unsent()
    all_told()
    assert Run.objects.get(pk=run.pk).sequence == told
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())  # as if its worker died before it could say so
    publish_unsent()
    all_told()
    assert Run.objects.get(pk=run.pk).sequence == told + 1


@pytest.mark.parametrize("tell", [publish, publish_soon])
def test_a_run_that_is_gone_is_no_trouble(pictures: Dataset, tell: Callable[[int], None]) -> None:
    run = start(pictures)
    pictures.delete()
    tell(run.pk)
    all_told()
    assert not Run.objects.exists()
