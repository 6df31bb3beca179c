"""Messages of the progress socket, typed once for those who send and those who relay."""

from __future__ import annotations

import json
from typing import Literal

from typing_extensions import TypedDict  # of which scripts/script_types.py makes types of scripts

from workers.progress.state import RunState

GROUP = "runs"
"""Every web process listens here once; its relay drops what the user of a socket may not see."""


class RunChanged(TypedDict):
    """What workers put into the channel layer; `frame` is a RunFrame as JSON, written once for all sockets."""

    type: Literal["run.changed"]
    dataset_id: int
    run_id: int
    sequence: int
    frame: str


class SnapshotFrame(TypedDict):
    """What a browser gets first, and whenever it asks."""

    type: Literal["snapshot"]
    runs: list[RunState]


class RunFrame(TypedDict):
    """One numbered change: `run["sequence"]` grows by one a frame, so that a gap shows."""

    type: Literal["run"]
    run: RunState


class SiteFrame(TypedDict):
    """For staff: workers, queues or what is served changed; the page asks for them anew."""

    type: Literal["site"]


def run_changed(run: RunState, dataset_id: int) -> RunChanged:
    """The message that tells of a run's state."""
    frame: RunFrame = {"type": "run", "run": run}
    return {
        "type": "run.changed",
        "dataset_id": dataset_id,
        "run_id": run["id"],
        "sequence": run["sequence"],
        "frame": json.dumps(frame),
    }
