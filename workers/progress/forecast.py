"""The time left of a run: of stages that overlap, and of closing stages, estimated from earlier runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workers.models import Run, StageProgress
from workers.progress.eta import Range, time_left
from workers.registry import DERIVE, EMBED, INGEST, closing_stages

_NO_TIME = Range(0.0, 0.0)
_EARLIER_STAGES = 20
_MOST_RATIO = 5.0
"""The largest ratio of images between two runs of which one predicts the other."""

_VARIATION = Range(0.5, 1.5)
"""How the same work on the same number of images varies from run to run."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The time left of the whole run and of its stages, by name, where it can be estimated.

    The note says what is not in it, or why there is none. `is_open_ended` is true while nobody knows how many images
    there are.
    """

    run: Range | None = None
    stages: Mapping[str, Range] = field(default_factory=dict)
    note: str = ""
    is_open_ended: bool = False


def forecast(run: Run, now: float) -> Forecast:
    """Return the time left of a run as of `now` (unix seconds); an empty forecast for one that is paused or over."""
    if run.state != Run.State.ACTIVE or run.is_paused:
        return Forecast()
    stages = {progress.stage: progress for progress in run.stages.all()}
    ingest = stages.get(INGEST)
    if ingest is not None and ingest.finished_at is None:
        return Forecast(note="still finding images", is_open_ended=True)
    derive, embed = _images_left(stages.get(DERIVE), stages.get(EMBED), now)
    products = {stage.name: stage.product for stage in closing_stages()}
    closing = {stage: _closing_left(run, stages, stage, now) for stage in products}
    estimates = {DERIVE: derive, EMBED: embed} | closing
    shown = {stage: left for stage, left in estimates.items() if left is not None and left.high > 0}
    if derive is None or embed is None:
        return Forecast(stages=shown)
    total = Range(max(derive.low, embed.low), max(derive.high, embed.high))
    for left in closing.values():
        total += left or _NO_TIME
    unknown = [product for stage, product in products.items() if closing[stage] is None]
    note = f"plus {_enumerate(unknown)}" if unknown else ""
    return Forecast(total if total.high > 0 else None, shown, note)


def _enumerate(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _images_left(
    derive: StageProgress | None, embed: StageProgress | None, now: float
) -> tuple[Range | None, Range | None]:
    """Return the time left of derive and embed, which overlap."""
    first, second = _stage_left(derive, now), _stage_left(embed, now)
    if first is None or second is None or first.high == 0:
        return first, second
    # Twice as fast at best: two stages had the cores, then one has. It cannot end before the last image is resized.
    return first, Range(max(first.low, (first.low + second.low) / 2), max(first.high, second.high))


def _stage_left(progress: StageProgress | None, now: float) -> Range | None:
    if progress is None or progress.finished_at is not None:
        return _NO_TIME
    return time_left(progress.samples, progress.total - progress.done - progress.failed, now)


def _closing_left(run: Run, stages: Mapping[str, StageProgress], stage: str, now: float) -> Range | None:
    progress = stages.get(stage)
    if progress is None or progress.finished_at is not None:
        return _NO_TIME
    whole = _from_earlier_runs(run, stage, _images_of_the_index(run, stages))
    if whole is None or progress.started_at is None:
        return whole
    passed = now - progress.started_at.timestamp()
    # Longer than ever before: nothing is known about it any more.
    return Range(max(0.0, whole.low - passed), whole.high - passed) if passed < whole.high else None


def _images_of_the_index(run: Run, stages: Mapping[str, StageProgress]) -> int:
    """Estimate how many images the version of this run will hold."""
    live = run.dataset.live_version
    derive, embed = stages.get(DERIVE), stages.get(EMBED)
    return max((live.count if live else 0) + (derive.total if derive else 0), embed.total if embed else 0)


def _from_earlier_runs(run: Run, stage: str, images: int) -> Range | None:
    """Return the seconds that this stage took in an earlier run of this dataset, else of one of about the same size."""
    ended = StageProgress.objects.filter(stage=stage, run__state=Run.State.DONE, done__gt=0)
    ended = ended.exclude(started_at=None).exclude(finished_at=None).order_by("-pk")
    rows = ended.values_list("run__dataset_id", "done", "started_at", "finished_at")[:_EARLIER_STAGES]
    similar = [
        (dataset_id != run.dataset_id, max(images, done) / max(1, min(images, done)), images / done, finished - started)
        for dataset_id, done, started, finished in rows
        if started and finished
    ]
    similar = [earlier for earlier in similar if earlier[1] <= _MOST_RATIO]
    if not similar:
        return None
    _, _, scale, duration = min(similar, key=lambda earlier: earlier[:2])
    # Between a time that does not depend on the number of images at all and one that grows with it.
    seconds = duration.total_seconds()
    return Range(seconds * min(1.0, scale) * _VARIATION.low, seconds * max(1.0, scale) * _VARIATION.high + 1.0)
