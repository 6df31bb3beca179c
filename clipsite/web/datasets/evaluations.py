"""The evaluations of a dataset: figures side by side, the curve of recalls, and texts whose image ranked low."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clipsite.web.access.objects import managed_dataset_or_404
from search.encoders.base import public_name
from search.evaluation.evaluate import CURVE
from search.models import Dataset, Evaluation, Image

_MOST_ROWS = 30
_MOST_LINES = 4
"""The lines of a plot that one can still tell apart."""

_WIDTH, _HEIGHT = 600, 260


@dataclass(frozen=True, slots=True)
class Row:
    """An evaluation as the table shows it, with its line in the plot where it has one."""

    evaluation: Evaluation
    encoder: str
    figures: dict[str, Any]
    number: int
    points: str
    end: float


def evaluations_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows the newest evaluations; those of the newest captions are drawn, one an encoder."""
    dataset = managed_dataset_or_404(request, slug)
    evaluations = list(dataset.evaluations.all()[:_MOST_ROWS])
    rows = _rows(evaluations)
    newest = evaluations[0] if evaluations else None
    context = {
        "dataset": dataset,
        "rows": rows,
        "drawn": [row for row in rows if row.number],
        "newest": newest,
        "failures": _failures(dataset, newest) if newest else [],
        "marks": [(depth, _x(depth)) for depth in (1, 2, 5, 10, 20, 50, 100)],
        "levels": [(f"{level / 4:.0%}", _y(level / 4)) for level in range(5)],
        "width": _WIDTH,
        "height": _HEIGHT,
    }
    return render(request, "search/evaluations.html", context)


def _rows(evaluations: list[Evaluation]) -> list[Row]:
    rows: list[Row] = []
    encoders: set[str] = set()
    for evaluation in evaluations:
        is_drawn = (
            evaluation.source == evaluations[0].source
            and evaluation.encoder_name not in encoders
            and len(encoders) < _MOST_LINES
        )
        if is_drawn:
            encoders.add(evaluation.encoder_name)
        curve = evaluation.figures["curve"]
        points = " ".join(f"{_x(depth):.1f},{_y(share):.1f}" for depth, share in zip(CURVE, curve, strict=True))
        rows.append(
            Row(
                evaluation=evaluation,
                encoder=public_name(evaluation.encoder_name),
                figures=evaluation.figures,
                number=len(encoders) if is_drawn else 0,
                points=points,
                end=_y(curve[-1]),
            )
        )
    return rows


def _x(depth: int) -> float:
    return _WIDTH * math.log(depth) / math.log(CURVE[-1])


def _y(share: float) -> float:
    return _HEIGHT * (1 - share)


def _failures(dataset: Dataset, evaluation: Evaluation) -> list[dict[str, Any]]:
    """Returns the failures of an evaluation with their images, where these are still there."""
    wanted = {one[key] for one in evaluation.failures for key in ("expected", "first")}
    images = dataset.images.filter(state=Image.State.READY).in_bulk([pk for pk in wanted if pk is not None])
    return [
        one | {"expected": images.get(one["expected"]), "first": images.get(one["first"])}
        for one in evaluation.failures
    ]
