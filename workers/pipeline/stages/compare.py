"""Stage `compare`: finds equal files and pictures that look alike."""

from __future__ import annotations

from search.duplicates import groups, lookup, pairs
from search.values import Report, StageOutcome
from workers.models import OVER_ALL_IMAGES, Batch, Run
from workers.pipeline import lifecycle
from workers.registry import OwnRun, Stage


def find_duplicates(batch: Batch, report: Report) -> StageOutcome:
    """Compare new pictures with all others, and group those that are duplicates of each other."""
    run = batch.run
    count = pairs.find_duplicates(run.dataset, report)
    if count is None and run.kind != Run.Kind.COMPARE:
        return StageOutcome(())
    groups.regroup(run.dataset, report)
    equal, near = (lookup.counts(run.dataset, kind)[0] for kind in lookup.Kind)
    lifecycle.note(
        run,
        f"New pictures compared: {count or 0:,}. Groups of equal files: {equal:,}, of near copies: {near:,}.",
    )
    return StageOutcome(())


COMPARE = Stage(
    name="compare",
    label="find duplicates",
    work=find_duplicates,
    kinds=OVER_ALL_IMAGES | {Run.Kind.PROJECT, Run.Kind.COMPARE},
    product="duplicates",
    own_run=OwnRun(Run.Kind.COMPARE, verb="compare", summary="The duplicates are found."),
)
