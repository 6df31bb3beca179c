"""Celery tasks, one a stage; each takes the id of a batch and may be delivered twice."""

from __future__ import annotations

from celery import current_task, shared_task
from django.contrib.sessions.backends.db import SessionStore

from clipsite.celery import app
from search.services import map_selection, map_tiles, query_pictures
from workers import chores, queue, reconciliation, repair, schedules, signs, stages
from workers.boot import PresenceStep
from workers.execution import Work, execute

app.steps["worker"].add(PresenceStep)


@shared_task
def ingest(batch_id: int) -> None:
    _do(batch_id, stages.ingest_stage)


@shared_task
def derive(batch_id: int) -> None:
    _do(batch_id, stages.derive_stage)


@shared_task
def embed(batch_id: int) -> None:
    _do(batch_id, stages.embed_stage)


@shared_task
def build(batch_id: int) -> None:
    _do(batch_id, stages.build_stage)


@shared_task
def tag(batch_id: int) -> None:
    _do(batch_id, stages.tag_stage)


@shared_task
def compare(batch_id: int) -> None:
    _do(batch_id, stages.compare_stage)


@shared_task
def project(batch_id: int) -> None:
    _do(batch_id, stages.project_stage)


def _do(batch_id: int, work: Work) -> None:
    """Does the batch, unless its run's priority changed since it was sent: then it goes to its new place first."""
    delivery = current_task.request.delivery_info or {}
    if not queue.sent_on(batch_id, delivery.get("priority")):
        execute(batch_id, work)


@shared_task
def repair_runs() -> None:
    signs.repair_ran()
    repair.repair_runs()


@shared_task
def canary(token: str) -> None:
    """Says that this queue is worked on."""
    signs.canary_answers(token)


@shared_task
def reconcile_indexes() -> None:
    reconciliation.reconcile_all()


@shared_task
def sweep_query_pictures() -> None:
    query_pictures.sweep()


@shared_task
def draw_map_tile(projection_id: int, zoom: int, x: int, y: int) -> None:
    map_tiles.draw_tile_of(projection_id, map_tiles.Tile(zoom, x, y))


@shared_task
def sweep_map_cache() -> None:
    map_selection.sweep_selections()
    map_tiles.sweep_tiles()


@shared_task
def sweep_sessions() -> None:
    """Django keeps sessions that ran out until somebody asks it not to."""
    SessionStore.clear_expired()


@shared_task
def measure_datasets() -> None:
    chores.measure_due()


@shared_task
def reconcile_dataset(dataset_id: int) -> None:
    reconciliation.reconcile_one(dataset_id)


@shared_task
def remove_dataset(dataset_id: int) -> None:
    chores.remove_dataset(dataset_id)


@shared_task
def rescan(dataset_id: int) -> None:
    schedules.rescan(dataset_id)
