"""The time left of a stage: a range from the spread of its recent speeds, or nothing where too little is known."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Sample = list[float]
"""[unix seconds, images done or failed so far]."""

RATE_SECONDS = 60.0
"""The shown rate is that of the last minute."""

LEAST_SECONDS_OF_A_RATE = 1.0
"""The least time of a rate: two batches of one moment would make tens of thousands a second."""

_LEAST_SPACING = 1.0
_AGE_TO_SPACING = 8.0
"""Samples are kept a second apart, older ones an eighth of their age apart: an hour fits into about sixty.

The first is the end of the first batch, not the start of the stage: loading an encoder is no measure of its speed.
"""

_LEAST_SAMPLES = 5
_LEAST_SECONDS = 8.0
_WIDEST = 6.0
"""A range whose ends differ by more than this factor says nothing and is not shown."""

_BLOCKS = 12
_LEAST_MARGIN = 0.05
_UNSEEN_MARGIN = 0.25
"""How much faster or slower a run may become than its past lets expect, while most of it is still to come."""

_DEVIATIONS = 1.5
_SLOW_SIDE = 1.4
"""How much wider the range is on the slow side: work is delayed more often than it is hurried."""


@dataclass(frozen=True, slots=True)
class Range:
    """Seconds left, from at least `low` to at most `high`."""

    low: float
    high: float

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)


def add_sample(samples: Sequence[Sample], at: float, count: int) -> list[Sample]:
    """Return the samples with a new one, without those that stand closer than their age needs."""
    newest: Sample = [round(at, 2), count]
    spaced: list[Sample] = []
    for sample, after in pairwise([*samples, newest]):
        spacing = max(_LEAST_SPACING, (at - sample[0]) / _AGE_TO_SPACING)
        # Left out only where the gap that it leaves stays within the spacing.
        if not spaced or after[0] - spaced[-1][0] > spacing:
            spaced.append(sample)
    return [*spaced, newest]


def recent_rate(samples: Sequence[Sample], now: float) -> float | None:
    """Return the images a second over the last minute; zero when nothing came for much longer than usual."""
    points = _until_now(samples, now)
    if len(points) < 2 or points[-1][0] - points[0][0] < LEAST_SECONDS_OF_A_RATE:
        return None
    return _speed(points, max(points[0][0], points[-1][0] - RATE_SECONDS))


def speeds(samples: Sequence[Sample], parts: int) -> list[float]:
    """Return the images a second in each of `parts` equal spans from the first sample to the last, oldest first."""
    points = list(samples)
    if len(points) < 2 or points[-1][0] <= points[0][0]:
        return []
    start, step = points[0][0], (points[-1][0] - points[0][0]) / parts
    return [_speed_between(points, start + step * part, start + step * (part + 1)) for part in range(parts)]


def time_left(samples: Sequence[Sample], left: int, now: float) -> Range | None:
    """Return the range of seconds that the remaining images should take, or None where the samples do not allow one."""
    if left <= 0:
        return Range(0.0, 0.0)
    points = _until_now(samples, now)
    if len(points) < _LEAST_SAMPLES or points[-1][0] - points[0][0] < _LEAST_SECONDS:
        return None
    speeds = _likely_speeds(points, left)
    if min(speeds) <= 0 or max(speeds) > _WIDEST * min(speeds):
        return None
    # The last batch ends somewhat earlier or later than the straight line says.
    jitter = (points[-1][0] - points[-_LEAST_SAMPLES][0]) / (_LEAST_SAMPLES - 1) / 2
    since = max(0.0, now - points[-1][0])
    return Range(max(0.0, left / max(speeds) - since - jitter), max(0.0, left / min(speeds) - since + jitter))


def _until_now(samples: Sequence[Sample], now: float) -> list[Sample]:
    """Return the samples, with the present moment where the silence since the last is longer than usual."""
    if len(samples) < 2:
        return list(samples)
    pauses = [after[0] - before[0] for before, after in pairwise(samples)]
    if now - samples[-1][0] > max(3 * max(pauses[-5:]), 5.0):
        return [*samples, [now, samples[-1][1]]]
    return list(samples)


def _likely_speeds(points: list[Sample], left: int) -> list[float]:
    """Return the lowest and the highest speed to expect from the recent past, its spread and its trend."""
    end = points[-1][0]
    span = end - points[0][0]
    recent = [_speed(points, end - span * part) for part in (1 / 2, 1 / 4, 1)]
    present = recent[1] or recent[0]
    if present <= 0:
        return [0.0]
    horizon = left / present
    recent.append(_extrapolate(points, span, horizon, recent[0]))
    blocks = [_speed_between(points, end - span * (n + 1) / _BLOCKS, end - span * n / _BLOCKS) for n in range(_BLOCKS)]
    # Chance evens out over a long time to come, and is known the better the longer the past.
    chance = statistics.stdev(blocks) * (1 / _BLOCKS + min(1.0, span / _BLOCKS / horizon)) ** 0.5
    unseen = present * (_LEAST_MARGIN + _UNSEEN_MARGIN * horizon / (horizon + span))
    margin = max(unseen, _DEVIATIONS * chance)
    slowest = max(min(recent) - _SLOW_SIDE * margin, min(blocks) / 2, present / 4)
    return [slowest, max(recent) + margin]


def _extrapolate(points: list[Sample], span: float, horizon: float, second_half: float) -> float:
    """Return the mean speed to come if it goes on to change as it did from the first half of the past to the second."""
    first_half = _speed_between(points, points[0][0], points[0][0] + span / 2)
    change_a_second = (second_half - first_half) / (span / 2)
    speed = second_half + change_a_second * (span / 4 + min(horizon, span) / 2)
    return min(max(speed, second_half / 3), second_half * 2)


def _speed(points: list[Sample], since: float) -> float:
    return _speed_between(points, since, points[-1][0])


def _speed_between(points: list[Sample], start: float, end: float) -> float:
    return (_count_at(points, end) - _count_at(points, start)) / max(end - start, 1e-3)


def _count_at(points: Iterable[Sample], at: float) -> float:
    """Interpolate the count at a moment between the samples around it."""
    before: Sample | None = None
    for point in points:
        if point[0] >= at:
            if before is None or point[0] == before[0]:
                return point[1]
            return before[1] + (point[1] - before[1]) * (at - before[0]) / (point[0] - before[0])
        before = point
    return before[1] if before else 0.0
