"""Evaluations: how well a dataset is searched under an encoder, measured with texts whose images are known."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from django.conf import settings

from search.encoders import registry
from search.errors import NotSearchable
from search.evaluation.labels import LabelledText
from search.index.live import LiveIndex, live_indexes
from search.models import Dataset, Evaluation, IndexVersion
from search.query.vectors import text_vector
from search.retrieval import relevance
from search.values import Match, Report, no_report

DEPTH = 2000
"""The hits of a query that are looked at: a rank beyond counts as one more."""

CURVE = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)
"""The depths of the curve of recalls."""

WORST = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """A text whose image has a high rank: the rank, the id of the image, and that of the first hit."""

    text: str
    rank: int
    expected: int
    first: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of an evaluation. Recalls are shares of the texts; times are medians in milliseconds.

    Precision and recall of the relevance threshold are means over texts, each among its first 100 hits; None where
    no text has one.
    """

    queries: int
    images: int
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    median_rank: float
    mean_average_precision: float
    relevance_precision: float | None
    relevance_recall: float | None
    encode_ms: float
    search_ms: float
    slowest_ms: float
    """The 95th percentile of encoding a text and searching with it."""

    curve: list[float]
    """Recalls at the depths of `CURVE`."""


@dataclass(frozen=True, slots=True)
class _QueryResult:
    """The result of one text."""

    rank: int
    first: int | None
    average_precision: float
    precision: float | None
    recall: float | None
    encode_ms: float
    search_ms: float


def find_version(dataset: Dataset, encoder: str | None) -> IndexVersion:
    """Returns the live version, or the newest one under this encoder. Raises NotSearchable, UnknownEncoder."""
    ready = dataset.versions.filter(state=IndexVersion.State.READY).select_related("encoder")
    if encoder is None:
        version = ready.filter(live_in=dataset.pk).first()
        refusal = (
            f"Dataset {dataset.name!r} has no index yet. Choose Index on its page, or run {settings.COMMAND} ingest."
        )
    else:
        name = registry.describe(encoder).name
        version = ready.filter(encoder__name=name).order_by("-number").first()
        refusal = (
            f"Dataset {dataset.name!r} has no version under {name}. "
            f"Build one with: {settings.COMMAND} reindex {dataset.slug} --encoder {name}"
        )
    if version is None:
        raise NotSearchable(refusal)
    return version


def evaluate(
    version: IndexVersion, texts: Sequence[LabelledText], source: str, report: Report = no_report
) -> Evaluation:
    """Asks a version every text, and stores the figures; `source` says where the texts are from.

    Raises NotSearchable, EncoderUnavailable, IndexDamaged.
    """
    live = live_indexes.pinned(version.dataset, version.pk)
    calibration = relevance.calibrations.of(live)
    registry.text_tower(version.encoder.name)  # loaded ahead, so that loading is not measured
    results: list[_QueryResult] = []
    for labelled in texts:
        results.append(_ask(live, labelled, calibration))
        report(len(results), len(texts))
    return Evaluation.objects.create(
        dataset=version.dataset,
        version=version,
        # Copied, since an evaluation outlives its version.
        encoder_name=version.encoder.name,
        version_number=version.number,
        source=source,
        figures=asdict(_figures(results, live.index.count)),
        failures=[asdict(failure) for failure in _worst(texts, results)],
    )


def _ask(live: LiveIndex, labelled: LabelledText, calibration: relevance.Calibration | None) -> _QueryResult:
    started = time.perf_counter()
    vector = text_vector(live.version.encoder.name, labelled.text)
    encoded_at = time.perf_counter()
    matches = live.index.search(vector, min(DEPTH, live.index.count))
    searched_at = time.perf_counter()
    ranks = [rank for rank, match in enumerate(matches, start=1) if match.image_id in labelled.targets]
    precision, recall = None, None
    if calibration is not None:
        best = [match.score for match in matches[: relevance.MEASURED]]
        threshold = relevance.threshold(vector, best, [calibration], is_image=False)
        precision, recall = _threshold_figures(threshold, matches[: relevance.MEASURED], labelled)
    return _QueryResult(
        rank=ranks[0] if ranks else len(matches) + 1,
        first=matches[0].image_id if matches else None,
        average_precision=_average_precision(matches, labelled),
        precision=precision,
        recall=recall,
        encode_ms=(encoded_at - started) * 1000,
        search_ms=(searched_at - encoded_at) * 1000,
    )


def _threshold_figures(
    threshold: float, best: Sequence[Match], labelled: LabelledText
) -> tuple[float | None, float | None]:
    """Returns precision and recall of the threshold among these hits; None where there is nothing to divide by."""
    fits = np.array([match.image_id in labelled.relevant for match in best], bool)
    above = np.array([match.score >= threshold for match in best], bool)
    precision = float(fits[above].mean()) if above.any() else None
    return precision, float(above[fits].mean()) if fits.any() else None


def _average_precision(matches: Sequence[Match], labelled: LabelledText) -> float:
    count, total = 0, 0.0
    for rank, match in enumerate(matches, start=1):
        if match.image_id in labelled.relevant:
            count += 1
            total += count / rank
    return total / len(labelled.relevant)


def _figures(results: Sequence[_QueryResult], images: int) -> Figures:
    ranks = np.array([one.rank for one in results])
    curve = [float(np.mean(ranks <= depth)) for depth in CURVE]
    by_depth = dict(zip(CURVE, curve, strict=True))
    return Figures(
        queries=len(results),
        images=images,
        recall_at_1=by_depth[1],
        recall_at_5=by_depth[5],
        recall_at_10=by_depth[10],
        median_rank=float(np.median(ranks)),
        mean_average_precision=statistics.fmean(one.average_precision for one in results),
        relevance_precision=_mean([one.precision for one in results]),
        relevance_recall=_mean([one.recall for one in results]),
        encode_ms=statistics.median(one.encode_ms for one in results),
        search_ms=statistics.median(one.search_ms for one in results),
        slowest_ms=float(np.quantile([one.encode_ms + one.search_ms for one in results], 0.95)),
        curve=curve,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return statistics.fmean(numbers) if numbers else None


def _worst(texts: Sequence[LabelledText], results: Sequence[_QueryResult]) -> list[Failure]:
    """Returns the texts of rank 11 and beyond, the highest rank first."""
    pairs = sorted(zip(texts, results, strict=True), key=lambda pair: -pair[1].rank)
    return [
        Failure(labelled.text, one.rank, min(labelled.targets), one.first)
        for labelled, one in pairs[:WORST]
        if one.rank > 10
    ]
