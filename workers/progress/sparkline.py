"""The speed of a run over its time, as a line that is small enough to stand beside its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workers.models import Run
from workers.progress import words
from workers.progress.eta import Sample, speeds
from workers.registry import DERIVE, EMBED, INGEST, get_stage

PARTS = 40
WIDTH, HEIGHT = 120, 24
_EDGE = 1.5
_STAGES = (EMBED, DERIVE, INGEST)
"""Encoding is what a run waits for; while it has not begun, resizing and finding images say how it goes."""

_LEAST_SAMPLES = 5


class Sparkline(NamedTuple):
    """`values` are images a second in equally long parts of the time, oldest first; `line` has the points of an SVG
    polyline in a box of WIDTH x HEIGHT, `label` says the same to who does not see it. All are empty for too little."""

    values: list[float]
    line: str = ""
    label: str = ""


def sparkline(run: Run) -> Sparkline:
    """Return the speed over time of the stage that says most about the run."""
    stages = {progress.stage: progress for progress in run.stages.all()}
    for stage in _STAGES:
        progress = stages.get(stage)
        if progress is not None and len(progress.samples) >= _LEAST_SAMPLES:
            values = [round(max(0.0, speed), 2) for speed in speeds(progress.samples, _parts(progress.samples))]
            seconds = progress.samples[-1][0] - progress.samples[0][0]
            return Sparkline(values, _line(values), _label(stage, values, seconds)) if values else Sparkline([])
    return Sparkline([])


def _parts(samples: Sequence[Sample]) -> int:
    """Return how many parts the samples can fill."""
    return min(PARTS, 2 * (len(samples) - 1))


def _line(values: Sequence[float]) -> str:
    most = max(values) or 1.0
    step = (WIDTH - 2 * _EDGE) / max(1, len(values) - 1)
    room = HEIGHT - 2 * _EDGE
    points = ((_EDGE + step * number, HEIGHT - _EDGE - room * value / most) for number, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _label(stage: str, values: Sequence[float], seconds: float) -> str:
    least, most = min(values), max(values)
    return f"{get_stage(stage).label}: {least:.0f} to {most:.0f} images/s over {words.duration(seconds)}"
