"""Stage `project`: draws the map of the live version."""

from __future__ import annotations

from search.maps import draw
from search.maps.report import drawing_report
from search.maps.request import MapRequest
from search.values import Report, StageOutcome
from workers.models import OVER_ALL_IMAGES, Batch, Run
from workers.pipeline import lifecycle
from workers.registry import OwnRun, Stage


def draw_map(batch: Batch, report: Report) -> StageOutcome:
    """Draw the live version's map, unless it has one and nobody asked for another."""
    run = batch.run
    live = run.dataset.live_version
    request = MapRequest.from_json(run.parameters)
    is_new_map = run.kind == Run.Kind.PROJECT and not request.extends
    # An attempt after one whose worker was lost looks first whether this run has drawn the map already.
    if live and (draw.has_map_since(live, run.created_at) if is_new_map else draw.has_map(live)):
        return StageOutcome(())
    projection = draw.project_dataset(run.dataset, report, parameters=request.parameters, redraw=is_new_map)
    lifecycle.note(run, drawing_report(projection))
    return StageOutcome(())


PROJECT = Stage(
    name="project",
    label="draw map",
    work=draw_map,
    # A version that went live by hand may lack tags and duplicates too; where they are up to date they take no time.
    kinds=OVER_ALL_IMAGES | {Run.Kind.PROJECT},
    has_speed=False,
    product="map",
    own_run=OwnRun(Run.Kind.PROJECT, verb="draw", summary="The map is drawn."),
)
