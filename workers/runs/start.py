"""The start of runs: the only place that creates one, and what it refuses."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from search.encoders import default as default_encoder
from search.encoders import registry
from search.encoders.base import public_name
from search.errors import NotSearchable, RunRefused, ServiceUnavailable
from search.models import Dataset
from search.permissions.audit_log import record
from search.valkey import valkey_address, valkey_answers
from workers.models import Run, StageProgress
from workers.pipeline.lifecycle import add_batch, note
from workers.progress.publish import publish
from workers.registry import own_run_of, stages_of

LEAST_FREE_BYTES = 64 << 20
logger = logging.getLogger(__name__)


def start_run(
    dataset: Dataset,
    kind: Run.Kind,
    *,
    encoder: str | None = None,
    requested_by: User | None = None,
    priority: Run.Priority = Run.Priority.NORMAL,
    stage_only: bool = False,
    parameters: Mapping[str, Any] | None = None,
    in_same_commit: Callable[[Run], None] | None = None,
) -> Run:
    """Create a run and queue its first batch; what `in_same_commit` does stands or falls with the run.

    With `stage_only`, the version that it builds waits to be made live by somebody, if another one is live.
    `parameters` are for its stages to read.
    Raises RunRefused when one is active on the dataset, ServiceUnavailable when Valkey does not answer, UnknownEncoder.
    """
    encoder_name, reason = encoder_for(dataset, encoder)
    require_broker()
    require_disk_space()
    _require_index(dataset, kind)
    stage_only = stage_only and dataset.live_version is not None
    # Maps, tags and duplicates are of what is live.
    stages = [stage.name for stage in stages_of(kind) if not (stage_only and stage.needs_live_version)]
    try:
        with transaction.atomic():
            run = Run.objects.create(
                dataset=dataset,
                kind=kind,
                encoder=encoder_name,
                encoder_reason=reason,
                requested_by=requested_by,
                priority=priority,
                stage_only=stage_only,
                parameters=dict(parameters or {}),
            )
            StageProgress.objects.bulk_create(
                StageProgress(run=run, stage=stage, position=position) for position, stage in enumerate(stages)
            )
            note(run, _first_line(run))
            record(requested_by, dataset, f"Started run {run.pk}: {run.get_kind_display()}.")
            if in_same_commit:
                in_same_commit(run)
            add_batch(run, stages[0])
    # The constraint of the table decides: after a query first, two starts at the same moment would both go on.
    except IntegrityError as error:
        raise _refused(dataset) from error
    publish(run.pk)
    return run


def _refused(dataset: Dataset) -> RunRefused:
    active = Run.objects.filter(dataset=dataset, state=Run.State.ACTIVE).first()
    started = f"run {active.pk}, started {active.created_at:%Y-%m-%d %H:%M}" if active else "another run"
    return RunRefused(
        f"Dataset {dataset.name!r} is being worked on already ({started}). Wait for it, or cancel it on the run's page."
    )


def _require_index(dataset: Dataset, kind: Run.Kind) -> None:
    own = own_run_of(kind)
    if own and dataset.live_version is None:
        raise NotSearchable(
            f"Dataset {dataset.name!r} has no index yet, so there is nothing to {own.verb}. Index it first."
        )


def _first_line(run: Run) -> str:
    """Return the first line of the run's log, with the encoder where the run encodes or searches."""
    if run.kind == Run.Kind.PLAN:
        return "Started."
    return f"Started with encoder {public_name(run.encoder)}. {run.encoder_reason}".strip()


def encoder_for(dataset: Dataset, requested: str | None) -> tuple[str, str]:
    """Return the name of the encoder that a run uses, and why: the requested one, the live version's or the default.

    Raises UnknownEncoder for a name that no family understands.
    """
    if requested:
        return registry.describe(requested).name, ""
    if dataset.live_version is not None:
        before = dataset.live_version.encoder.name
        name = registry.current(before)
        return name, "" if name == before else f"It has taken the place of {before}."
    default = default_encoder.default_encoder()
    return default.name, default.reason


def require_disk_space() -> None:
    """Raise ServiceUnavailable when the disk of the data folder has less than LEAST_FREE_BYTES left."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE_BYTES:
        raise ServiceUnavailable(
            f"The disk that holds clipsite's data has {free >> 20} MB left, too little to start. Free some space first."
        )


def require_broker() -> None:
    """Raise ServiceUnavailable when Valkey does not answer."""
    if not valkey_answers():
        raise ServiceUnavailable(
            f"Valkey at {valkey_address()} does not answer, so nothing can be queued. "
            f"Start clipsite ({settings.START}), or set CLIPSITE_REDIS_URL to a server that runs."
        )
