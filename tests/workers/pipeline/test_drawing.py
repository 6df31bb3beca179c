"""Runs draw maps with what was asked, place new images on them, and do nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as Pillow

from search.maps.draw import project_dataset
from search.maps.request import MapRequest
from search.models import Dataset, Projection
from search.projection.parameters import MapParameters, Metric
from tests.versions.versioned import fresh
from tests.workers.conftest import start, work_off
from workers.models import Batch, Run
from workers.pipeline.stages.project import draw_map
from workers.runs import go_live
from workers.runs.start import start_run

GREYS = tuple(range(100, 124))


@pytest.fixture
def indexed(pictures: Dataset, drawn_here: None) -> Dataset:
    """Twenty-eight pictures in version 1, drawn."""
    folder = Path(pictures.source_path)
    (folder / "broken.jpg").unlink()
    for grey in GREYS:
        Pillow.new("RGB", (32, 24), (grey, 2 * grey, 255 - grey)).save(folder / f"{grey}.png")
    assert work_off(start(pictures)).state == Run.State.DONE
    return fresh(pictures)


def drawn(dataset: Dataset) -> list[Projection]:
    return list(Projection.objects.filter(version__dataset=dataset).order_by("pk"))


def ask(dataset: Dataset, request: MapRequest) -> Run:
    return work_off(start_run(fresh(dataset), Run.Kind.PROJECT, parameters=request.as_json()))


def test_a_new_version_is_drawn_on_the_map_before(indexed: Dataset) -> None:
    Pillow.new("RGB", (32, 24), "navy").save(Path(indexed.source_path) / "navy.png")
    run = work_off(start(indexed))
    first, second = drawn(indexed)
    assert (second.based_on, second.placed, second.count) == (first, 1, 29)
    assert run.events.filter(text__contains="1 new placed on the map of version 1").exists()


def test_a_run_draws_with_what_was_asked(indexed: Dataset) -> None:
    asked = MapParameters(5, 0.3, Metric.EUCLIDEAN, None)
    run = ask(indexed, MapRequest(asked))
    assert run.state == Run.State.DONE
    first, second = drawn(indexed)
    assert MapParameters.from_json(second.parameters) == asked
    assert second.version == first.version
    assert run.events.filter(text__startswith="Map of 28 images drawn in ").exists()


def test_progress_of_the_stage_is_that_of_the_drawing(indexed: Dataset) -> None:
    run = ask(indexed, MapRequest())
    stage = run.stages.get(stage="project")
    assert (stage.done, stage.total) == (28, 28)


def test_a_map_that_this_run_drew_is_not_drawn_twice(indexed: Dataset) -> None:
    run = start_run(fresh(indexed), Run.Kind.PROJECT, parameters=MapRequest().as_json())
    project_dataset(fresh(indexed), redraw=True)  # as an attempt did whose worker died before it could say so
    before = drawn(indexed)
    assert work_off(run).state == Run.State.DONE
    assert drawn(indexed) == before


def test_asked_to_place_it_leaves_a_map_of_the_live_version_alone(indexed: Dataset) -> None:
    before = drawn(indexed)
    assert ask(indexed, MapRequest(extends=True)).state == Run.State.DONE
    assert drawn(indexed) == before


def test_a_version_that_goes_live_by_hand_is_drawn_on_the_map_before(indexed: Dataset) -> None:
    Pillow.new("RGB", (32, 24), "navy").save(Path(indexed.source_path) / "navy.png")
    run = start(indexed)
    while (batch := run.batches.filter(state=Batch.State.QUEUED).order_by("pk").first()) is not None:
        if batch.stage == "project":
            break
        work_off(run, limit=1)
    Run.objects.filter(pk=run.pk).update(state=Run.State.CANCELLED)
    live = fresh(indexed).live_version
    assert live is not None
    assert live.number == 2
    said = go_live.switch_with_map(fresh(indexed), live)
    assert said.endswith("draws its map.")
    work_off(Run.objects.latest("pk"))
    assert drawn(indexed)[-1].based_on == drawn(indexed)[0]


def test_a_run_that_is_over_stops_the_drawing(indexed: Dataset) -> None:
    run = start_run(fresh(indexed), Run.Kind.PROJECT, parameters=MapRequest().as_json())
    before = drawn(indexed)

    def cancelled(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        draw_map(run.batches.get(), cancelled)
    assert drawn(indexed) == before


def test_the_command_takes_every_parameter(indexed: Dataset) -> None:
    options = ["--neighbours", "7", "--min-distance", "0.25", "--metric", "euclidean", "--seed", "none"]
    call_command("project", "Pictures", *options)
    run = Run.objects.latest("pk")
    assert MapRequest.from_json(run.parameters) == MapRequest(MapParameters(7, 0.25, Metric.EUCLIDEAN, None))
    Run.objects.update(state=Run.State.DONE)
    call_command("project", "Pictures")
    assert MapRequest.from_json(Run.objects.latest("pk").parameters) == MapRequest()
    Run.objects.update(state=Run.State.DONE)
    call_command("project", "Pictures", "--place")
    assert MapRequest.from_json(Run.objects.latest("pk").parameters).extends


def test_the_command_refuses_what_makes_no_sense(indexed: Dataset) -> None:
    with pytest.raises(CommandError, match="leave the others out"):
        call_command("project", "Pictures", "--place", "--seed", "1")
    with pytest.raises(CommandError, match="neighbours is '0'"):
        call_command("project", "Pictures", "--neighbours", "0")
    assert not Run.objects.filter(kind=Run.Kind.PROJECT).exists()
