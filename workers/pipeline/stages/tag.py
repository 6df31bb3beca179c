"""Stage `tag`: gives the images of the live version the tags that the encoder finds fitting."""

from __future__ import annotations

from search.errors import EncoderUnavailable
from search.tags import assign
from search.values import Report, StageOutcome
from workers.models import OVER_ALL_IMAGES, Batch, Run, RunEvent
from workers.pipeline import lifecycle
from workers.registry import OwnRun, Stage


def assign_tags(batch: Batch, report: Report) -> StageOutcome:
    """Tag the new images of the live version, or all of them in a run of kind TAG."""
    run = batch.run
    try:
        tagging = assign.assign_tags(run.dataset, report, afresh=run.kind == Run.Kind.TAG)
    except EncoderUnavailable as error:
        if run.kind == Run.Kind.TAG:
            raise
        # The index is live without them.
        lifecycle.note(run, f"No tags are assigned: {error.public}", RunEvent.Level.WARNING)
        return StageOutcome(())
    if tagging is not None:
        lifecycle.note(run, tagging.sentence)
    return StageOutcome(())


TAG = Stage(
    name="tag",
    label="assign tags",
    work=assign_tags,
    kinds=OVER_ALL_IMAGES | {Run.Kind.PROJECT, Run.Kind.TAG},
    product="tags",
    own_run=OwnRun(Run.Kind.TAG, verb="tag", summary="The tags are assigned."),
)
