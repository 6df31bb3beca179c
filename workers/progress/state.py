"""The state of a run as pages, the websocket and the command line show it; read from SQL only."""

from __future__ import annotations

import time

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from typing_extensions import TypedDict  # of which pydantic makes the schema of the API

from search.encoders.base import public_name
from search.permissions.visibility import Person, visible_datasets
from workers.models import Run, StageProgress
from workers.progress import words as progress_words
from workers.progress.eta import LEAST_SECONDS_OF_A_RATE, Range, recent_rate
from workers.progress.forecast import Forecast, forecast
from workers.progress.sparkline import Sparkline, sparkline
from workers.registry import INGEST, get_stage

SHOWN_RUNS = 20


class DatasetLink(TypedDict):
    name: str
    slug: str
    url: str


class StageWords(TypedDict):
    """The numbers of a stage as people read them; an empty text where there is nothing to say."""

    count: str
    rate: str
    eta: str
    read: str
    failed: str


class StageState(TypedDict):
    """`rate` is images a second, `eta_seconds` the least and the most time left; null where unknown."""

    stage: str
    label: str
    total: int
    done: int
    failed: int
    bytes_read: int
    rate: float | None
    eta_seconds: list[float] | None
    state: str
    words: StageWords


class RunWords(TypedDict):
    """The numbers of the whole run as people read them; `speed_line` has the points of a line 120 wide, 24 high."""

    percent: str
    elapsed: str
    eta: str
    read: str
    failed: str
    priority: str
    speeds: str
    speed_line: str


class RunState(TypedDict):
    """The whole of a run; `eta_note` says what `eta_seconds` does not hold, or why there is none.

    `speeds` are images a second of its slowest work in equally long parts of its time, oldest first.
    """

    id: int
    url: str
    dataset: DatasetLink
    kind: str
    kind_label: str
    state: str
    state_label: str
    is_paused: bool
    priority: str
    encoder: str
    message: str
    sequence: int
    failures: int
    failures_url: str
    bytes_read: int
    share: float
    eta_seconds: list[float] | None
    eta_note: str
    created_at: str
    finished_at: str | None
    elapsed_seconds: float
    speeds: list[float]
    stages: list[StageState]
    words: RunWords


def visible_runs(person: Person) -> QuerySet[Run]:
    """Return the runs on datasets that the person may see, newest first, with what `run_state` reads."""
    return with_progress(Run.objects.filter(dataset__in=visible_datasets(person)))


def with_progress(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Return the runs with everything that `run_state` reads."""
    return runs.select_related("dataset__live_version").prefetch_related("stages")


def recent_runs(person: Person) -> list[RunState]:
    """Return the state of every active run and of the newest others."""
    runs = visible_runs(person)
    newest = runs.values_list("pk", flat=True)[:SHOWN_RUNS]
    return [run_state(run) for run in runs.filter(Q(state=Run.State.ACTIVE) | Q(pk__in=list(newest)))]


def run_state(run: Run) -> RunState:
    """Return the whole state of a run in one value that JSON can carry."""
    ended = run.finished_at or timezone.now()
    elapsed = (ended - run.created_at).total_seconds()
    eta = forecast(run, time.time())
    stages = [_stage_state(run, progress, eta) for progress in run.stages.all()]
    share = _share_done(run, stages)
    failures = sum(stage["failed"] for stage in stages)
    bytes_read = sum(stage["bytes_read"] for stage in stages)
    speed = sparkline(run)
    return {
        "id": run.pk,
        "url": reverse("run", args=[run.pk]),
        "dataset": {
            "name": run.dataset.name,
            "slug": run.dataset.slug,
            "url": reverse("dataset", args=[run.dataset.slug]),
        },
        "kind": run.kind,
        "kind_label": run.get_kind_display(),
        "state": run.state,
        "state_label": _state_words(run),
        "is_paused": run.is_paused,
        "priority": Run.Priority(run.priority).name.lower(),
        "encoder": public_name(run.encoder),
        "message": run.message,
        "sequence": run.sequence,
        "failures": failures,
        "failures_url": reverse("failures", args=[run.dataset.slug]),
        "bytes_read": bytes_read,
        "share": share,
        "eta_seconds": _ends(eta.run),
        "eta_note": eta.note,
        "created_at": run.created_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "elapsed_seconds": elapsed,
        "speeds": speed.values,
        "stages": stages,
        "words": _words(run, eta, speed, elapsed=elapsed, share=share, failures=failures, bytes_read=bytes_read),
    }


def _words(
    run: Run, eta: Forecast, speed: Sparkline, *, elapsed: float, share: float, failures: int, bytes_read: int
) -> RunWords:
    priority = Run.Priority(run.priority)
    return {
        "percent": f"{int(share * 100)} %" if run.state == Run.State.ACTIVE else "",
        "elapsed": progress_words.duration(elapsed),
        "eta": _run_eta(eta),
        "read": progress_words.bytes_read(bytes_read),
        "failed": progress_words.failures(failures),
        "priority": "" if priority == Run.Priority.NORMAL else f"{priority.label} priority",
        "speeds": speed.label,
        "speed_line": speed.line,
    }


def _share_done(run: Run, stages: list[StageState]) -> float:
    """Return how much of the run's stages is done, 0 to 1; a stage that waits counts as nothing done."""
    if run.state == Run.State.DONE or not stages:
        return 1.0 if run.state == Run.State.DONE else 0.0
    return sum(_stage_share(stage) for stage in stages) / len(stages)


def _stage_share(stage: StageState) -> float:
    if stage["state"] == "done":
        return 1.0
    # An image that failed is dealt with, too.
    return min(1.0, (stage["done"] + stage["failed"]) / stage["total"]) if stage["total"] else 0.0


def _stage_state(run: Run, progress: StageProgress, eta: Forecast) -> StageState:
    active = run.state == Run.State.ACTIVE and progress.started_at is not None and progress.finished_at is None
    state = "done" if progress.finished_at else "active" if active else "waiting"
    per_second = _rate(run, progress)
    left = eta.stages.get(progress.stage) if active else None
    return {
        "stage": progress.stage,
        "label": get_stage(progress.stage).label,
        "total": progress.total,
        "done": progress.done,
        "failed": progress.failed,
        "bytes_read": progress.bytes_read,
        "rate": per_second,
        "eta_seconds": _ends(left),
        "state": state,
        "words": {
            "count": _count(progress, state),
            "rate": progress_words.rate(per_second),
            "eta": progress_words.time_left(left) if left else "",
            "read": progress_words.bytes_read(progress.bytes_read),
            "failed": progress_words.failures(progress.failed),
        },
    }


def _rate(run: Run, progress: StageProgress) -> float | None:
    """Return the images a second: over the last minute while a stage works, over the whole stage afterwards."""
    if progress.finished_at and progress.started_at and progress.done:
        seconds = (progress.finished_at - progress.started_at).total_seconds()
        return progress.done / seconds if seconds >= LEAST_SECONDS_OF_A_RATE else None
    if run.state != Run.State.ACTIVE or run.is_paused or progress.finished_at:
        return None
    if not get_stage(progress.stage).has_speed:
        return None
    return recent_rate(progress.samples, time.time())


def _count(progress: StageProgress, state: str) -> str:
    if state == "waiting" and not progress.done:
        return "waiting"
    if progress.stage == INGEST:
        return f"{progress.done:,} found"
    if not progress.total:
        return "nothing to do" if state == "done" else "starting"
    return f"{progress.done:,} of {progress.total:,}"


def _run_eta(eta: Forecast) -> str:
    if eta.run is None:
        return eta.note if eta.is_open_ended else ""
    return ", ".join(part for part in (progress_words.time_left(eta.run), eta.note) if part)


def _state_words(run: Run) -> str:
    if run.state == Run.State.ACTIVE and run.is_paused:
        return "waiting for room" if run.waits_for_disk_space else "paused"
    return run.get_state_display()


def _ends(left: Range | None) -> list[float] | None:
    return [round(left.low, 1), round(left.high, 1)] if left else None
