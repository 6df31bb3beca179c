"""Messages of the progress socket, typed once for those who send and those who relay."""

from __future__ import annotations

from typing import Literal, TypedDict

from workers.state import RunState

GROUP = "runs"
"""Every progress socket listens here; each consumer drops what its user may not see."""

RUN_CHANGED = "run.changed"


class RunChanged(TypedDict):
    """What workers put into the channel layer."""

    type: Literal["run.changed"]
    dataset_id: int
    run: RunState


class SnapshotFrame(TypedDict):
    """What a browser gets first, and whenever it asks."""

    type: Literal["snapshot"]
    runs: list[RunState]


class RunFrame(TypedDict):
    """One numbered change: `run["sequence"]` grows by one a frame, so that a gap shows."""

    type: Literal["run"]
    run: RunState
