"""The real pipeline over folders, in a site of its own: how long until all is searchable, and in how much memory.

To be called with settings that point to an empty data folder and a free port for Valkey.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connections

from clipsite.server import embedded_valkey, prepare, stack
from clipsite.server.supervisor import Supervisor
from clipsite.server.supervisor.keeper import Keeper
from search.datasets.create import dataset_for_folder
from search.errors import ServiceUnavailable
from search.files.paths import derivative_path
from search.models import Embedding
from workers.models import Run
from workers.registry import BUILD, EMBED
from workers.runs.follow import follow
from workers.runs.start import start_run

_SAMPLE_SECONDS = 0.5
_VALKEY_SECONDS = 60
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """One measured run: seconds from its start until all images were searchable, and MB of resident memory.

    `worker_mb` is the most that any process of each worker held while images were resized and encoded, `peak_mb` the
    most of any process during the whole run, the map's included.
    """

    images: int
    seconds: float
    stage_seconds: dict[str, float]
    worker_mb: dict[str, float]
    peak_mb: float


class MemorySampler:
    """Watches the memory of children and all their descendants from a thread."""

    def __init__(self, keepers: Sequence[Keeper]) -> None:
        self._keepers = keepers
        self._finished = threading.Event()
        self._samples: list[tuple[float, dict[str, float]]] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._finished.set()
            thread.join()

    def most(self, until: float = float("inf")) -> dict[str, float]:
        """Return the MB of the largest process of each child, up to a moment in unix seconds."""
        most: dict[str, float] = {}
        for at, sample in self._samples:
            if at <= until:
                most |= {name: max(size, most.get(name, 0.0)) for name, size in sample.items()}
        return most

    def _watch(self) -> None:
        while not self._finished.wait(_SAMPLE_SECONDS):
            sizes = {keeper.child.name: _largest(keeper.pid) for keeper in self._keepers if keeper.pid}
            self._samples.append((time.time(), sizes))


def _largest(pid: int | None) -> float:
    """Return the MB of the largest of a process and its descendants; 0 when it ended meanwhile."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
        return max(process.memory_info().rss for process in family) / _MB
    except psutil.NoSuchProcess:
        return 0.0


def measure_pipeline(encoder_name: str, warm_up: Path, folders: Sequence[Path]) -> list[PipelineRun]:
    """Index each folder as a dataset, one after the other, with workers that a first folder has warmed.

    Raises ServiceUnavailable when a run fails or an image is missing at its end.
    """
    prepare.migrate()
    with Supervisor(settings.LOGS_DIR, "benchmark") as supervisor:
        supervisor.start(stack.valkey_server())
        embedded_valkey.wait_until_ready(_VALKEY_SECONDS)
        keepers = [supervisor.start(child) for child in (stack.cpu_worker(), stack.gpu_worker(), stack.beat())]
        _index(warm_up, encoder_name)
        return [_measure_run(folder, encoder_name, keepers) for folder in folders]


def _measure_run(folder: Path, encoder_name: str, keepers: Sequence[Keeper]) -> PipelineRun:
    sampler = MemorySampler(keepers)
    with sampler.watching():
        run = _index(folder, encoder_name)
    stages = list(run.stages.exclude(started_at=None).exclude(finished_at=None))
    finished = {progress.stage: progress.finished_at.timestamp() for progress in stages if progress.finished_at}
    return PipelineRun(
        images=run.stages.get(stage=EMBED).done,
        seconds=finished[BUILD] - run.created_at.timestamp(),
        stage_seconds={
            progress.stage: finished[progress.stage] - progress.started_at.timestamp()
            for progress in stages
            if progress.started_at
        },
        worker_mb=sampler.most(until=finished[EMBED]),
        peak_mb=max(sampler.most().values(), default=0.0),
    )


def _index(folder: Path, encoder_name: str) -> Run:
    dataset, _ = dataset_for_folder(name=folder.name, folder=folder)
    run = start_run(dataset, Run.Kind.INDEX, encoder=encoder_name)
    follow(run)
    run.refresh_from_db()
    expected = sum(1 for path in folder.rglob("*.jpg"))
    embeddings = Embedding.objects.filter(image__dataset=dataset, encoder__name=run.encoder).count()
    checksums = dataset.images.values_list("checksum", flat=True)
    derivatives = sum(derivative_path(dataset.pk, checksum).is_file() for checksum in checksums.iterator())
    connections.close_all()
    if run.state != Run.State.DONE or not expected == embeddings == derivatives:
        raise ServiceUnavailable(
            f"Of {expected:,} images {derivatives:,} have a derivative and {embeddings:,} an embedding; the run says: "
            f"{run.message or run.state}. Its workers' messages are in {settings.LOGS_DIR}."
        )
    return run
