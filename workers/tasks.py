"""Celery tasks: one for each stage, which takes the id of a batch and may be delivered twice, and the regular jobs."""

from __future__ import annotations

from celery import current_task, shared_task
from django.contrib.sessions.backends.db import SessionStore

from search.maps import selections, tiles
from search.query import pictures
from workers.celery import app
from workers.pipeline import queue
from workers.pipeline.execute import execute
from workers.processes import liveness
from workers.processes.bootstep import HeartbeatStep
from workers.registry import Stage, Work, all_stages
from workers.runs import maintenance, reconcile, repair, schedules

app.steps["worker"].add(HeartbeatStep)


def _register(stage: Stage) -> None:
    @shared_task(name=stage.task)
    def task(batch_id: int) -> None:
        _do(batch_id, stage.work)


for _stage in all_stages():
    _register(_stage)


def _do(batch_id: int, work: Work) -> None:
    """Execute the batch, unless its run's priority changed since it was sent: then it goes to its new place first."""
    delivery = current_task.request.delivery_info or {}
    if not queue.forward(batch_id, delivery.get("priority")):
        execute(batch_id, work)


@shared_task
def repair_runs() -> None:
    liveness.record_repair()
    repair.repair_runs()


@shared_task
def canary(token: str) -> None:
    """Record that this queue has a worker."""
    liveness.record_canary(token)


@shared_task
def reconcile_indexes() -> None:
    reconcile.reconcile_all()


@shared_task
def sweep_query_pictures() -> None:
    pictures.sweep()


@shared_task
def draw_map_tile(projection_id: int, zoom: int, x: int, y: int) -> None:
    tiles.draw_tile(projection_id, tiles.Tile(zoom, x, y))


@shared_task
def sweep_map_cache() -> None:
    selections.sweep_selections()
    tiles.sweep_tiles()


@shared_task
def sweep_sessions() -> None:
    """Delete expired sessions, which Django keeps otherwise."""
    SessionStore.clear_expired()


@shared_task
def measure_datasets() -> None:
    maintenance.measure_due()


@shared_task
def reconcile_dataset(dataset_id: int) -> None:
    reconcile.reconcile_one(dataset_id)


@shared_task
def remove_dataset(dataset_id: int) -> None:
    maintenance.remove_dataset(dataset_id)


@shared_task
def rescan(dataset_id: int) -> None:
    schedules.rescan(dataset_id)
