"""The line of a run's speed: equal parts of its time, scaled to its box, with the same in words."""

from __future__ import annotations

import pytest

from search.models import Dataset
from workers.models import Run, StageProgress
from workers.progress.eta import speeds
from workers.progress.sparkline import HEIGHT, PARTS, WIDTH, sparkline
from workers.registry import DERIVE, EMBED, get_stage


def run_with(dataset: Dataset, **samples: list[list[float]]) -> Run:
    run = Run.objects.create(dataset=dataset, kind=Run.Kind.INDEX, encoder="e")
    for position, (stage, of_stage) in enumerate(samples.items()):
        StageProgress.objects.create(run=run, stage=stage, position=position, samples=of_stage)
    return run


def test_speeds_are_of_equally_long_parts_whatever_the_samples() -> None:
    slow_then_fast: list[list[float]] = [[0, 0], [3, 30], [10, 100], [20, 500]]
    assert speeds(slow_then_fast, 4) == pytest.approx([10, 10, 40, 40])
    assert speeds([[0, 0]], 4) == []
    assert speeds([[5, 0], [5, 10]], 4) == []


def test_the_line_fills_its_box_and_the_words_say_the_same(pictures: Dataset) -> None:
    steady = [[float(second), second * 10.0] for second in range(31)]
    steady_then_fast = [*steady, [60.0, 1500.0]]
    drawn = sparkline(run_with(pictures, embed=steady_then_fast))
    assert len(drawn.values) == PARTS
    points = [tuple(map(float, point.split(","))) for point in drawn.line.split()]
    assert points[0][0] < points[-1][0] <= WIDTH
    assert points[0][1] > points[-1][1] >= 0
    assert max(y for _, y in points) <= HEIGHT
    assert drawn.label == f"{get_stage(EMBED).label}: 10 to 40 images/s over 1 min 0 s"


def test_resizing_speaks_for_the_run_until_encoding_has_begun(pictures: Dataset) -> None:
    ten_a_second: list[list[float]] = [[second, second * 10] for second in range(6)]
    assert sparkline(run_with(pictures, derive=ten_a_second, embed=[])).label.startswith(get_stage(DERIVE).label)


def test_a_few_samples_are_too_few_for_a_line(pictures: Dataset) -> None:
    assert sparkline(run_with(pictures, embed=[[0, 0], [5, 50], [10, 90]])) == ([], "", "")
