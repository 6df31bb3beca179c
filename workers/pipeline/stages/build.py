"""Stage `build`: makes the next index version."""

from __future__ import annotations

from search.values import Report, StageOutcome
from search.versions import build
from workers import registry
from workers.models import OVER_ALL_IMAGES, Batch, Run
from workers.pipeline import lifecycle
from workers.registry import Stage


def build_index(batch: Batch, report: Report) -> StageOutcome:
    """Build a version, unless it would be the same as the live one; a rebuild always builds."""
    run = batch.run
    is_rebuild = run.kind == Run.Kind.REBUILD
    current = None if is_rebuild else build.current_version(run.dataset, run.encoder)
    if current:
        lifecycle.note(run, f"Nothing changed: version {current.number} stays live.")
        return StageOutcome(())
    version = build.build_version(run.dataset, run.encoder, report, afresh=is_rebuild, stage_only=run.stage_only)
    state = "ready and waits to be made live," if run.stage_only else "live"
    lifecycle.note(run, f"Version {version.number} is {state} with {version.count:,} images.")
    return StageOutcome(())


BUILD = Stage(
    name=registry.BUILD,
    label="build index",
    work=build_index,
    kinds=OVER_ALL_IMAGES,
    needs_live_version=False,
    product="index",
)
