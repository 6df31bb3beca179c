"""Messages of the progress socket, typed once for those who send and those who relay."""

from __future__ import annotations

import json
from typing import Literal

from typing_extensions import TypedDict  # of which scripts/script_types.py makes types of scripts

from workers.progress.state import RunState

GROUP = "runs"
"""The channel group: every web process listens once, and its relay drops what the user of a socket may not see."""


class RunChanged(TypedDict):
    """The message of workers in the channel layer; `frame` is a RunFrame as JSON, written once for all sockets."""

    type: Literal["run.changed"]
    dataset_id: int
    run_id: int
    sequence: int
    frame: str


class SnapshotFrame(TypedDict):
    """The frame that a browser gets first, and whenever it asks."""

    type: Literal["snapshot"]
    runs: list[RunState]


class RunFrame(TypedDict):
    """One numbered change: `run["sequence"]` grows by one a frame, so that a gap shows."""

    type: Literal["run"]
    run: RunState


class SiteFrame(TypedDict):
    """The frame for staff: workers, queues or served versions changed, and the page fetches them anew."""

    type: Literal["site"]


def run_changed(run: RunState, dataset_id: int) -> RunChanged:
    """Return the message that carries a run's state."""
    frame: RunFrame = {"type": "run", "run": run}
    return {
        "type": "run.changed",
        "dataset_id": dataset_id,
        "run_id": run["id"],
        "sequence": run["sequence"],
        "frame": json.dumps(frame),
    }
