"""Celery tasks, one a stage; each takes the id of a batch and may be delivered twice."""

from __future__ import annotations

from celery import shared_task

from workers import repair, stages
from workers.execution import execute


@shared_task
def ingest(batch_id: int) -> None:
    execute(batch_id, stages.ingest_stage)


@shared_task
def derive(batch_id: int) -> None:
    execute(batch_id, stages.derive_stage)


@shared_task
def embed(batch_id: int) -> None:
    execute(batch_id, stages.embed_stage)


@shared_task
def build(batch_id: int) -> None:
    execute(batch_id, stages.build_stage)


@shared_task
def project(batch_id: int) -> None:
    execute(batch_id, stages.project_stage)


@shared_task
def repair_runs() -> None:
    repair.repair_runs()
