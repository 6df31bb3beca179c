"""A stage has several places, which CONTRIBUTING.md lists; one that lacks a place would fail in the middle of a run."""

from __future__ import annotations

import pytest

from workers import tasks
from workers.models import CLOSING_STAGES, Run, Stage, StageProgress
from workers.pipeline import queue, stages
from workers.progress import forecast
from workers.runs import start


@pytest.mark.parametrize("stage", Stage)
def test_it_has_work_a_task_and_a_queue(stage: Stage) -> None:
    assert callable(getattr(stages, f"{stage.value}_stage"))
    assert getattr(tasks, stage.value).name == f"workers.tasks.{stage.value}"
    assert stage in queue.QUEUES
    assert len(stage.value) <= (StageProgress._meta.get_field("stage").max_length or 0)


def test_an_index_run_does_every_stage_in_their_order() -> None:
    assert start.STAGES[Run.Kind.INDEX] == tuple(Stage)


def test_every_kind_of_run_has_stages() -> None:
    assert set(start.STAGES) == set(Run.Kind)


def test_the_time_that_is_left_counts_every_closing_stage() -> None:
    assert tuple(forecast._CLOSING) == CLOSING_STAGES
