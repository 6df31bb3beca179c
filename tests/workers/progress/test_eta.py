"""The time left of a stage: over simulated courses of work, the range holds the truth, narrows, and knows when not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from workers.progress.eta import Range, Sample, add_sample, recent_rate, time_left

START = 1_800_000_000.0
BATCH = 64

Pause = Callable[[random.Random, float], float]
"""Seconds that the next batch takes, from a source of chance and the share that is done."""


def steady(chance: random.Random, share: float) -> float:
    return chance.uniform(0.8, 1.2)


def noisy(chance: random.Random, share: float) -> float:
    return chance.choice([0.6, 1.0, 1.0, 2.0])


def bursty(chance: random.Random, share: float) -> float:
    return chance.uniform(0.8, 1.2) + (chance.expovariate(1 / 5) if chance.random() < 0.15 else 0.0)


def slowing(chance: random.Random, share: float) -> float:
    return chance.uniform(0.8, 1.2) / (1 - 0.6 * share)


def hurrying(chance: random.Random, share: float) -> float:
    return chance.uniform(0.8, 1.2) / (0.5 + 0.5 * share)


def course(pause: Pause, seed: int, total: int, batch_seconds: float) -> list[Sample]:
    """When which number of images was done, from the first batch to the last."""
    chance = random.Random(seed)
    at, done, points = START, 0, []
    while done < total:
        at += batch_seconds * pause(chance, done / total)
        done = min(total, done + BATCH)
        points.append([at, done])
    return points


def ranges(points: list[Sample]) -> list[tuple[float, Range | None, float]]:
    """The share done, what is said, and the truth, after every batch but the last."""
    total, end = points[-1][1], points[-1][0]
    samples: list[Sample] = []
    said = []
    for at, done in points[:-1]:
        samples = add_sample(samples, at, int(done))
        said.append((done / total, time_left(samples, int(total - done), at), end - at))
    return said


@pytest.mark.parametrize("batch_seconds", [0.04, 1.0, 8.0])
@pytest.mark.parametrize("pause", [steady, noisy, bursty, slowing, hurrying])
def test_the_range_holds_the_truth_most_of_the_time(pause: Pause, batch_seconds: float) -> None:
    total = 20_000 if batch_seconds <= 1 else 8_000
    said = [one for seed in range(10) for one in ranges(course(pause, seed, total, batch_seconds))]
    spoken = [(left, truth) for _, left, truth in said if left is not None]
    inside = sum(left.low <= truth <= left.high for left, truth in spoken)
    assert inside >= 0.8 * len(spoken)
    assert len(spoken) >= 0.3 * len(said)


@pytest.mark.parametrize("pause", [steady, noisy])
def test_the_range_narrows_in_seconds_and_in_proportion(pause: Pause) -> None:
    early, late = [], []
    for seed in range(5):
        for share, left, _ in ranges(course(pause, seed, 20_000, 1.0)):
            if left is not None and share < 0.25:
                early.append(left)
            elif left is not None and 0.75 < share < 0.95:
                late.append(left)

    def width(left: Range) -> float:
        return left.high - left.low

    def proportion(left: Range) -> float:
        return left.high / max(left.low, 1e-6)

    assert sorted(map(width, late))[len(late) // 2] < sorted(map(width, early))[len(early) // 2] / 4
    assert sorted(map(proportion, late))[len(late) // 2] < sorted(map(proportion, early))[len(early) // 2]


def test_nothing_is_said_from_few_batches_or_a_few_seconds() -> None:
    points = course(steady, 1, 20_000, 2.0)
    assert [left for _, left, _ in ranges(points)[:4]] == [None] * 4
    quick = course(steady, 1, 20_000, 0.04)
    assert all(left is None for (_, left, _), point in zip(ranges(quick), quick, strict=False) if point[0] < START + 7)


def test_nothing_left_takes_no_time() -> None:
    assert time_left([], 0, START) == Range(0.0, 0.0)


def test_a_halt_ends_the_promise_and_the_rate() -> None:
    samples: list[Sample] = []
    points = course(steady, 1, 20_000, 1.0)[:100]
    for at, done in points:
        samples = add_sample(samples, at, int(done))
    last = points[-1][0]
    usual = recent_rate(samples, last + 1)
    assert usual == pytest.approx(BATCH, rel=0.1)
    halted = recent_rate(samples, last + 30)
    assert halted is not None
    assert halted < 0.6 * BATCH
    assert recent_rate(samples, last + 200) == 0
    assert time_left(samples, 10_000, last + 200) is None


def test_the_range_goes_on_counting_between_two_batches() -> None:
    samples: list[Sample] = []
    points = course(steady, 1, 4_000, 8.0)[:40]
    for at, done in points:
        samples = add_sample(samples, at, int(done))
    at_once, later = (time_left(samples, 1_000, points[-1][0] + wait) for wait in (0, 5))
    assert at_once is not None
    assert later is not None
    assert at_once.high - later.high == pytest.approx(5)


def test_a_day_of_samples_stays_small_and_keeps_its_beginning() -> None:
    samples: list[Sample] = []
    for second in range(0, 86_400, 2):
        samples = add_sample(samples, START + second, second * 10)
    assert len(samples) < 150
    assert samples[0][0] - START < 86_400 / 8
    assert recent_rate(samples, START + 86_400) == pytest.approx(10, rel=0.01)


def test_two_batches_of_one_moment_are_no_rate() -> None:
    assert recent_rate([[START, 0], [START + 0.02, 400]], START + 0.1) is None
    assert recent_rate([[START, 0], [START + 2, 400]], START + 2.1) == 200
