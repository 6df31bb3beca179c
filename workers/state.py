"""The state of a run as pages, the websocket and the command line show it; read from SQL only."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TypedDict

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from search.encoders.base import public_name
from search.services.visibility import Person, visible_datasets
from workers.models import Run, Stage, StageProgress

_RATE_WINDOW = 60.0
"""Seconds of samples that the shown rate averages over."""

_SHOWN_RUNS = 20


class DatasetLink(TypedDict):
    name: str
    slug: str
    url: str


class StageState(TypedDict):
    """`rate` is images a second, `eta_seconds` the time left at that rate; null where nothing can be said yet."""

    stage: str
    label: str
    total: int
    done: int
    failed: int
    rate: float | None
    eta_seconds: float | None
    state: str


class RunState(TypedDict):
    id: int
    url: str
    dataset: DatasetLink
    kind: str
    kind_label: str
    state: str
    state_label: str
    is_paused: bool
    encoder: str
    message: str
    sequence: int
    failures: int
    failures_url: str
    created_at: str
    finished_at: str | None
    elapsed_seconds: float
    stages: list[StageState]


def visible_runs(person: Person) -> QuerySet[Run]:
    """Runs on datasets that the person may see, newest first, with what `run_state` reads."""
    return Run.objects.filter(dataset__in=visible_datasets(person)).select_related("dataset").prefetch_related("stages")


def recent_runs(person: Person) -> list[RunState]:
    """Every active run and the newest others."""
    runs = visible_runs(person)
    newest = runs.values_list("pk", flat=True)[:_SHOWN_RUNS]
    return [run_state(run) for run in runs.filter(Q(state=Run.State.ACTIVE) | Q(pk__in=list(newest)))]


def run_state(run: Run) -> RunState:
    """The whole state of a run in one value that JSON can carry."""
    ended = run.finished_at or timezone.now()
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
        "state_label": "paused" if run.is_paused and run.state == Run.State.ACTIVE else run.get_state_display(),
        "is_paused": run.is_paused,
        "encoder": public_name(run.encoder),
        "message": run.message,
        "sequence": run.sequence,
        "failures": sum(progress.failed for progress in run.stages.all()),
        "failures_url": reverse("failures", args=[run.dataset.slug]),
        "created_at": run.created_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "elapsed_seconds": (ended - run.created_at).total_seconds(),
        "stages": [_stage_state(run, progress) for progress in run.stages.all()],
    }


def _stage_state(run: Run, progress: StageProgress) -> StageState:
    at_work = run.state == Run.State.ACTIVE and not run.is_paused
    active = run.state == Run.State.ACTIVE and progress.started_at is not None and progress.finished_at is None
    per_second = rate(progress.samples, progress.done, progress.started_at, progress.finished_at)
    left = progress.total - progress.done - progress.failed
    return {
        "stage": progress.stage,
        "label": Stage(progress.stage).label,
        "total": progress.total,
        "done": progress.done,
        "failed": progress.failed,
        "rate": per_second,
        "eta_seconds": left / per_second if active and at_work and per_second and left > 0 else None,
        "state": "done" if progress.finished_at else "active" if active else "waiting",
    }


def rate(samples: list[list[float]], done: int, started: datetime | None, finished: datetime | None) -> float | None:
    """Images a second: over the last minute's samples while a stage works, over the whole stage afterwards."""
    if started is None or not done:
        return None
    if finished:
        return done / max((finished - started).total_seconds(), 1e-3)
    recent = [sample for sample in samples if sample[0] >= time.time() - _RATE_WINDOW]
    if len(recent) >= 2 and recent[-1][0] > recent[0][0]:
        return (recent[-1][1] - recent[0][1]) / (recent[-1][0] - recent[0][0])
    return done / max((timezone.now() - started).total_seconds(), 1e-3)
