"""The registry of stages: what every stage has, and in which order runs do them."""

from __future__ import annotations

from dataclasses import replace

import pytest

import workers.tasks  # noqa: F401  (registers the tasks)
from workers import registry
from workers.celery import app
from workers.models import Batch, ImageFailure, Run, StageProgress
from workers.pipeline.stages import STAGES
from workers.pipeline.stages.tag import TAG
from workers.registry import Stage, all_stages, closing_stages, register_stage, stages_of


@pytest.fixture(autouse=True)
def registry_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_stages", dict(registry._stages))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_it_has_a_task_that_keeps_its_name(stage: Stage) -> None:
    assert app.tasks[f"workers.tasks.{stage.name}"].name == stage.task


def test_the_stages_are_registered_in_the_order_of_a_run_when_the_site_starts() -> None:
    assert all_stages() == STAGES
    names = ["ingest", "derive", "embed", "build", "tag", "compare", "project"]
    assert [stage.name for stage in STAGES] == names


def test_an_index_run_does_every_stage() -> None:
    assert stages_of(Run.Kind.INDEX) == STAGES


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Run.Kind.PROJECT, ["tag", "compare", "project"]),
        (Run.Kind.PLAN, ["ingest"]),
        (Run.Kind.TAG, ["tag"]),
        (Run.Kind.COMPARE, ["compare"]),
    ],
)
def test_other_runs_do_what_they_were_asked_for(kind: Run.Kind, names: list[str]) -> None:
    assert [stage.name for stage in stages_of(kind)] == names


def test_every_kind_of_run_has_stages() -> None:
    assert all(stages_of(kind) for kind in Run.Kind)


def test_encoding_alone_waits_in_the_queue_of_the_gpu() -> None:
    assert [stage.name for stage in STAGES if stage.queue != "cpu"] == ["embed"]


def test_every_closing_stage_says_what_it_makes() -> None:
    assert [stage.product for stage in closing_stages()] == ["index", "tags", "duplicates", "map"]


@pytest.mark.parametrize("model", [Batch, StageProgress, ImageFailure])
def test_a_stage_that_is_registered_later_is_a_choice_of_the_models(model: type[Batch]) -> None:
    register_stage(replace(TAG, name="dark", label="find dark pictures"))
    assert model(stage="dark").get_stage_display() == "find dark pictures"
    model._meta.get_field("stage").clean("dark", None)


def test_it_refuses_a_name_that_another_stage_has() -> None:
    with pytest.raises(ValueError, match="registered as 'tag'"):
        register_stage(replace(TAG, label="another"))


def test_it_refuses_a_name_that_the_database_has_no_room_for() -> None:
    with pytest.raises(ValueError, match="more than 8 letters"):
        register_stage(replace(TAG, name="overlong1"))
    assert all_stages() == STAGES
