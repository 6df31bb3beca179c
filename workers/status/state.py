"""The state of the site for its staff: workers, queues, served versions, disk space; from SQL."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from kombu.exceptions import OperationalError

from search.encoders.base import public_name
from search.models import Dataset, DatasetUsage, IndexVersion, ServingProcess
from search.valkey import valkey_answers
from search.versions.overview import IndexAlert, index_alerts
from search.versions.serving import fresh_processes
from workers.models import Batch, Run, WorkerProcess
from workers.pipeline.queue import all_queues, waiting_messages
from workers.processes.heartbeat import SILENT_AFTER
from workers.progress import words
from workers.registry import get_stage

SHOWN_DATASETS = 50


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker with the batches that its processes have; of a batch without a known worker, only its process."""

    title: str
    queues: list[str] = field(default_factory=list)
    slots: int = 0
    device: dict[str, Any] = field(default_factory=dict)
    seen_at: datetime | None = None
    is_silent: bool = False
    batches: list[Batch] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Its title without the machine."""
        return self.title.partition("@")[0]

    @property
    def machine(self) -> str:
        return self.title.partition("@")[2]

    @property
    def silence(self) -> str:
        """The time since its last heartbeat."""
        return words.duration((timezone.now() - self.seen_at).total_seconds()) if self.seen_at else ""

    @property
    def busy(self) -> int | None:
        """The load of its device in percent; None where it cannot be read."""
        share = self.device.get("busy")
        return None if share is None else round(share * 100)


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue: batches that wait according to SQL, and messages of the broker; None where it does not answer."""

    name: str
    batches: int
    messages: int | None
    workers: int


@dataclass(frozen=True, slots=True)
class ServedDataset:
    """A dataset's live version, and by the process (in the order of the list) the number of the version it serves."""

    dataset: Dataset
    encoder_name: str
    numbers: tuple[int | None, ...]

    @property
    def is_settled(self) -> bool:
        """Whether every process serves what is live."""
        live = self.dataset.live_version
        return live is not None and set(self.numbers) <= {live.number}


@dataclass(frozen=True, slots=True)
class SiteState:
    """The site at one moment. `served` and `usage` have the first SHOWN_DATASETS, those that need a look first."""

    workers: list[WorkerState]
    queues: list[QueueState]
    processes: list[ServingProcess]
    served: list[ServedDataset]
    indexed: int
    behind: int
    alerts: list[IndexAlert]
    usage: list[DatasetUsage]
    removed: int
    disk_free: int
    disk_total: int


def site_state() -> SiteState:
    """Read the state of the site: a dozen queries, and one request to the broker for each queue."""
    processes = fresh_processes()
    served = _served(processes)
    workers = _workers()
    disk = shutil.disk_usage(settings.DATA_DIR)
    return SiteState(
        workers=workers,
        queues=_queues(workers),
        processes=processes,
        served=served[:SHOWN_DATASETS],
        indexed=len(served),
        behind=sum(not one.is_settled for one in served) if processes else 0,
        alerts=index_alerts(Dataset.objects.all()),
        usage=_largest(),
        removed=Dataset.with_deleted.exclude(deleted_at=None).count(),
        disk_free=disk.free,
        disk_total=disk.total,
    )


def site_stamp() -> str:
    """Return a hash that changes with the site's state, ages and the broker's messages aside; five queries."""
    parts = (
        list(WorkerProcess.objects.values_list("name", "seen_at")),
        list(_running().values_list("pk", "worker", "attempts")),
        _waiting(),
        list(ServingProcess.objects.values_list("name", "seen_at")),
        list(Dataset.objects.order_by("pk").values_list("pk", "name", "live_version")),
        list(DatasetUsage.objects.order_by("-measured_at").values_list("measured_at")[:1]),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _running() -> Any:
    return Batch.objects.filter(state=Batch.State.RUNNING, run__state=Run.State.ACTIVE).order_by("pk")


def _workers() -> list[WorkerState]:
    running: dict[str, list[Batch]] = {}
    for batch in _running().select_related("run__dataset"):
        running.setdefault(batch.worker, []).append(batch)
    now = timezone.now()
    workers = []
    for row in WorkerProcess.objects.all():
        batches = [batch for name in row.names for batch in running.pop(name, ())]
        is_silent = now - row.seen_at > SILENT_AFTER
        workers.append(WorkerState(row.title, row.queues, row.slots, row.device, row.seen_at, is_silent, batches))
    unknown = [WorkerState(title=name, is_silent=True, batches=batches) for name, batches in running.items()]
    return workers + unknown


def _waiting() -> dict[str, int]:
    """Return the number of waiting batches by stage."""
    waiting = Batch.objects.filter(state=Batch.State.QUEUED, run__state=Run.State.ACTIVE).order_by()
    return dict(waiting.values_list("stage").annotate(count=Count("pk")))


def _queues(workers: list[WorkerState]) -> list[QueueState]:
    waiting = _waiting()
    states = []
    broker_answers = valkey_answers()  # kombu would try to connect for as long as it takes
    for name in all_queues():
        batches = sum(count for stage, count in waiting.items() if get_stage(stage).queue == name)
        reading = sum(name in worker.queues and not worker.is_silent for worker in workers)
        states.append(QueueState(name, batches, _messages(name) if broker_answers else None, reading))
    return states


def _messages(queue: str) -> int | None:
    try:
        return waiting_messages(queue)
    except (OperationalError, OSError):
        return None


def _served(processes: list[ServingProcess]) -> list[ServedDataset]:
    datasets = Dataset.objects.filter(live_version__isnull=False).select_related("live_version__encoder")
    ids = {version_id for process in processes for version_id in process.versions.values()}
    numbers = dict(IndexVersion.objects.filter(pk__in=ids).values_list("pk", "number"))
    served = [
        ServedDataset(
            dataset,
            public_name(dataset.live_version.encoder.name) if dataset.live_version else "",
            tuple(numbers.get(process.versions.get(str(dataset.pk), 0)) for process in processes),
        )
        for dataset in datasets
    ]
    return sorted(served, key=lambda one: one.is_settled)


def _largest() -> list[DatasetUsage]:
    measured = DatasetUsage.objects.filter(dataset__deleted_at=None).exclude(measured_at=None).select_related("dataset")
    return sorted(measured, key=lambda one: one.total, reverse=True)[:SHOWN_DATASETS]
