"""Runs that go before others: order in the real queues, by a real worker, also when the priority changes on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from search.polling import wait_for
from tests.conftest import MakeDataset, MakeImages
from tests.workers.conftest import do, start, work_off
from tests.workers.pipeline.processes import worker
from workers.celery import app
from workers.models import Batch, Run
from workers.pipeline.queue import forward, waiting_messages
from workers.registry import DERIVE, EMBED
from workers.runs.control import pause_run, resume_run, set_priority

SLOW = 120


@pytest.fixture(autouse=True)
def empty_queues(transactional_db: None) -> Iterator[None]:
    purge()
    yield
    purge()


def purge() -> None:
    with app.connection_for_write() as connection:
        for queue in ("cpu", "gpu"):
            connection.default_channel.queue_purge(queue)


def take(queue: str) -> list[int]:
    """Ids of the batches in a queue, in the order in which a worker would get them."""
    taken = []
    with app.connection_for_read() as connection:
        while message := connection.default_channel.basic_get(queue, no_ack=True):
            taken.append(message.payload[0][0])
    return taken


@pytest.fixture
def two_runs(make_images: MakeImages, make_dataset: MakeDataset, settings: Settings) -> tuple[Run, Run]:
    """An earlier and a later run of normal priority, whose images all wait to be resized, one a batch."""
    settings.BATCH_SIZE = 1
    runs = []
    for name in ("Earlier", "Later"):
        folder = make_images(name, red="red", blue="blue", green="lime", white="white")
        (folder / "unlike.txt").write_text(name)
        run = start(make_dataset(folder, name=name))
        do(run.batches.get())
        runs.append(run)
    return runs[0], runs[1]


def batches_of(run: Run) -> list[int]:
    return list(run.batches.filter(stage=DERIVE).order_by("pk").values_list("pk", flat=True))


def without_repetition(taken: list[int], known: list[int]) -> list[int]:
    return [pk for pk in dict.fromkeys(taken) if pk in known]


def test_runs_of_one_priority_go_in_the_order_of_their_start(two_runs: tuple[Run, Run]) -> None:
    earlier, later = batches_of(two_runs[0]), batches_of(two_runs[1])
    assert without_repetition(take("cpu"), earlier + later) == earlier + later


def test_a_raised_run_overtakes_and_all_its_messages_are_counted(two_runs: tuple[Run, Run]) -> None:
    earlier, later = batches_of(two_runs[0]), batches_of(two_runs[1])
    before = waiting_messages("cpu")
    assert set_priority(two_runs[1], Run.Priority.HIGH)
    assert not set_priority(two_runs[1], Run.Priority.HIGH)
    assert waiting_messages("cpu") == before + len(later)
    assert without_repetition(take("cpu"), earlier + later) == later + earlier
    assert waiting_messages("cpu") == 0


def test_batches_that_come_later_carry_the_changed_priority(two_runs: tuple[Run, Run]) -> None:
    set_priority(two_runs[1], Run.Priority.LOW)
    purge()
    for run in reversed(two_runs):
        for pk in batches_of(run):
            do(Batch.objects.get(pk=pk))
    encode = Batch.objects.filter(stage=EMBED).order_by("pk")
    of_runs = [list(encode.filter(run=run).values_list("pk", flat=True)) for run in two_runs]
    assert len(of_runs[0]) == len(of_runs[1]) == 4
    assert take("gpu") == of_runs[0] + of_runs[1]


def test_a_message_of_an_outdated_priority_is_sent_on_once(two_runs: tuple[Run, Run]) -> None:
    batch = batches_of(two_runs[0])[0]
    set_priority(two_runs[0], Run.Priority.LOW)
    purge()
    assert forward(batch, Run.Priority.NORMAL)
    assert not forward(batch, Run.Priority.LOW)
    assert take("cpu") == [batch]
    do(Batch.objects.get(pk=batch))
    assert not forward(batch, Run.Priority.NORMAL)


def test_a_paused_run_is_sent_with_its_new_priority_when_it_goes_on(two_runs: tuple[Run, Run]) -> None:
    earlier, later = batches_of(two_runs[0]), batches_of(two_runs[1])
    pause_run(two_runs[1])
    before = waiting_messages("cpu")
    assert set_priority(two_runs[1], Run.Priority.HIGH)
    assert waiting_messages("cpu") == before
    resume_run(two_runs[1])
    assert without_repetition(take("cpu"), earlier + later) == later + earlier


def test_a_run_that_is_over_has_no_priority_to_change(two_runs: tuple[Run, Run]) -> None:
    work_off(two_runs[0])
    assert not set_priority(two_runs[0], Run.Priority.HIGH)


@pytest.mark.parametrize(
    ("earlier", "later", "later_goes_first"),
    [
        (None, Run.Priority.HIGH, True),
        (Run.Priority.LOW, None, True),
        (Run.Priority.HIGH, Run.Priority.LOW, False),
        (Run.Priority.LOW, Run.Priority.HIGH, True),
    ],
)
def test_a_worker_takes_the_batches_in_the_order_of_their_priority(
    two_runs: tuple[Run, Run],
    earlier: Run.Priority | None,
    later: Run.Priority | None,
    later_goes_first: bool,
) -> None:
    for run, priority in zip(two_runs, (earlier, later), strict=True):
        if priority is not None:
            assert set_priority(run, priority)
    first, second = reversed(two_runs) if later_goes_first else two_runs
    resize = Batch.objects.filter(stage=DERIVE)
    with worker("cpu"):
        assert wait_for(lambda: not resize.exclude(state=Batch.State.DONE).exists(), SLOW)
    claimed = list(resize.order_by("heartbeat_at").values_list("run_id", flat=True))
    assert claimed == [first.pk] * 4 + [second.pk] * 4
