"""Metrics of the whole site from SQL and Valkey: the same from whichever process they are read."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Max, Sum
from django.utils import timezone
from kombu.exceptions import OperationalError
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from search.models import Dataset
from search.versions.serving import count_unopened, fresh_processes
from workers.models import Batch, ImageFailure, Run, StageProgress
from workers.pipeline.queue import all_queues, waiting_messages
from workers.processes.liveness import seconds_since_repair
from workers.progress.eta import recent_rate


class SiteCollector(Collector):
    """Reads everything anew for each scrape: some queries over few rows, and one question to Valkey a queue."""

    def collect(self) -> Iterable[Metric]:
        answering = GaugeMetricFamily("clipsite_up", "Whether a part of the site answers.", labels=["part"])
        parts: tuple[tuple[str, Callable[[], Iterable[Metric]]], ...] = (("database", _records), ("valkey", _queues))
        for part, read in parts:
            try:
                # A list: a part that fails halfway sends no figures instead of some.
                yield from list(read())
                answering.add_metric([part], 1)
            except (DatabaseError, OperationalError, RedisError, OSError):
                answering.add_metric([part], 0)
        yield answering
        yield from _disk()


def _records() -> Iterable[Metric]:
    yield from _work()
    yield from _stages()
    yield from _indexes()
    entries = GaugeMetricFamily(
        "clipsite_ledger_entries", "Files in the error ledgers, by state.", labels=["dataset", "state"]
    )
    counted = ImageFailure.objects.order_by().values_list("dataset__slug", "state").annotate(Count("pk"))
    for slug, state, count in counted:
        entries.add_metric([slug, state], count)
    yield entries
    yield _gauge("clipsite_web_processes", "Web processes that told of themselves lately.", len(fresh_processes()))
    yield _gauge("clipsite_unopened_indexes", "Live versions that this process has not opened.", count_unopened())


def _work() -> Iterable[Metric]:
    active = Run.objects.filter(state=Run.State.ACTIVE)
    yield _gauge("clipsite_active_runs", "Runs that are at work or paused.", active.count())
    open_batches = Batch.objects.filter(run__in=active, state__in=[Batch.State.QUEUED, Batch.State.RUNNING])
    batches = GaugeMetricFamily("clipsite_batches", "Open batches of active runs.", labels=["stage", "state"])
    for stage, state, count in open_batches.order_by().values_list("stage", "state").annotate(Count("pk")):
        batches.add_metric([stage, state], count)
    yield batches
    ages = GaugeMetricFamily(
        "clipsite_worker_heartbeat_age_seconds", "Since a worker at a batch last said that it lives.", labels=["worker"]
    )
    running = open_batches.filter(state=Batch.State.RUNNING, heartbeat_at__isnull=False).order_by()
    for worker, at in running.values_list("worker").annotate(Max("heartbeat_at")):
        ages.add_metric([worker], max(0.0, (timezone.now() - at).total_seconds()))
    yield ages


def _stages() -> Iterable[Metric]:
    done = CounterMetricFamily(
        "clipsite_images_done", "Images that came through a stage, of all runs.", labels=["stage"]
    )
    failed = CounterMetricFamily("clipsite_images_failed", "Files that a stage could not use.", labels=["stage"])
    totals = StageProgress.objects.order_by().values_list("stage").annotate(Sum("done"), Sum("failed"))
    for stage, done_count, failed_count in totals:
        done.add_metric([stage], done_count)
        failed.add_metric([stage], failed_count)
    yield from (done, failed)
    speeds = GaugeMetricFamily(
        "clipsite_images_per_second", "Of the stages at work, over the last minute.", labels=["dataset", "stage"]
    )
    at_work = StageProgress.objects.filter(run__state=Run.State.ACTIVE, finished_at=None, started_at__isnull=False)
    for progress in at_work.select_related("run__dataset"):
        rate = recent_rate(progress.samples, time.time())
        if rate is not None:
            speeds.add_metric([progress.run.dataset.slug, progress.stage], rate)
    yield speeds


def _indexes() -> Iterable[Metric]:
    numbers = GaugeMetricFamily("clipsite_index_version", "Number of the live version.", labels=["dataset"])
    ages = GaugeMetricFamily("clipsite_index_age_seconds", "Since the live version was published.", labels=["dataset"])
    images = GaugeMetricFamily("clipsite_index_images", "Images of the live version.", labels=["dataset"])
    live = Dataset.objects.filter(live_version__isnull=False).order_by("slug")
    columns = ("slug", "live_version__number", "live_version__published_at", "live_version__count")
    for slug, number, published_at, count in live.values_list(*columns):
        numbers.add_metric([slug], number)
        images.add_metric([slug], count)
        if published_at is not None:
            ages.add_metric([slug], (timezone.now() - published_at).total_seconds())
    yield from (numbers, ages, images)


def _queues() -> Iterable[Metric]:
    waiting = GaugeMetricFamily("clipsite_queue_messages", "Messages that wait in a queue.", labels=["queue"])
    for queue in all_queues():
        waiting.add_metric([queue], waiting_messages(queue))
    yield waiting
    silence = seconds_since_repair()
    if silence is not None:
        yield _gauge(
            "clipsite_repair_age_seconds", "Since beat's repair last ran; it should run every ten seconds.", silence
        )


def _disk() -> Iterable[Metric]:
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return
    yield _gauge("clipsite_disk_free_bytes", "On the disk of the data folder.", free)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
