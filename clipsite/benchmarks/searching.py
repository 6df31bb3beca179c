"""Benchmark of searching, in one sitting: indexes of several sizes, HTTP under load, swaps under load.

To be called with settings that point to an empty data folder and free ports.
"""

from __future__ import annotations

import os
import time
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError

import psutil
from django.conf import settings
from django.utils import timezone

from clipsite.benchmarks import index_sizes, rivals
from clipsite.benchmarks.http_load import Answers, ask_all, constant_load
from clipsite.benchmarks.isolation import run_isolated
from clipsite.benchmarks.machine import describe_machine
from clipsite.benchmarks.query import query_texts, time_query
from clipsite.benchmarks.vectors import VectorFile, synthetic_vectors
from clipsite.server import embedded_valkey, prepare, stack
from clipsite.server.supervisor import Supervisor
from search.embeddings.store import encoder_record
from search.encoders import registry
from search.encoders.random_weights import save_random_weights
from search.errors import ServiceUnavailable
from search.models import Dataset, Embedding, EncoderRecord, Image
from search.versions.build import build_version

ARCHITECTURE = "ViT-B-32"
CLIENTS = (1, 8, 32)
PUBLISHES = 20
_REQUESTS = 320
_DRILL_CLIENTS = 4
_STEADY_SECONDS = 15.0
_AFTER_PUBLISH_SECONDS = 1.5
_READY_SECONDS = 120
_ROWS = 5000
_MB = 1 << 20

Say = Callable[[str], None]


def measure_search(
    files: Sequence[VectorFile], folder: Path, encoder: str | None, endurance: int, say: Say
) -> dict[str, Any]:
    """Measure an index of each file, and a site over the first of them, all below `folder`.

    `endurance` is the number of queries over which the memory of the web process is watched.

    Without `encoder` texts go through ViT-B/32 with random weights, whose speed is that of trained ones.
    """
    sizes = [_measure_size(file, folder, say) for file in files]
    encoder = encoder or run_isolated(save_random_weights, ARCHITECTURE, folder / "random.safetensors")
    site = _measure_site(files[0].count, folder, encoder, endurance, say)
    return {"sizes": sizes, **site, "machine": describe_machine()}


def _measure_size(file: VectorFile, folder: Path, say: Say) -> dict[str, Any]:
    target = folder / f"index-{file.count}"
    say(f"Building an index of {file.count:,} vectors ({file.origin}).")
    figures = run_isolated(index_sizes.build, file, target)
    say(f"Searching it ({figures['kind']}).")
    figures |= run_isolated(index_sizes.serve, file, target)
    say("Comparing with others.")
    figures |= run_isolated(rivals.compare, file, target)
    return figures | {"origin": file.origin, "dimension": file.dimension}


def _measure_site(count: int, folder: Path, encoder: str, endurance: int, say: Say) -> dict[str, Any]:
    prepare.migrate()
    say(f"Filling a site with {count:,} images.")
    dataset = _fill_dataset(count, folder, encoder)
    with Supervisor(settings.LOGS_DIR, "benchmark") as supervisor:
        supervisor.start(stack.valkey_server())
        embedded_valkey.wait_until_ready(_READY_SECONDS)
        web = supervisor.start(stack.web())
        _wait_until_warm(dataset)
        say("Searching over HTTP.")
        http = [_under_load(dataset, clients) for clients in CLIENTS]
        cached = ask_all(settings.PORT, dataset.slug, 1, ["a photo"] * (_REQUESTS // 2))
        day = f"{_first_day():%Y-%m-%d}"
        filtered = ask_all(settings.PORT, dataset.slug, 1, query_texts(_REQUESTS // 2), added_until=day)
        say(f"Publishing {PUBLISHES} versions under load.")
        swap = _swap_drill(dataset, encoder, web.pid or 0)
        say(f"Asking {endurance:,} more queries.")
        enduring = _endurance(dataset, web.pid or 0, endurance)
    dataset.refresh_from_db()
    parts = {timing.part: timing.median_ms for timing in time_query(dataset, 50, 10)}
    return {
        "http": http,
        "http_cached": cached.summary(),
        "http_filtered": filtered.summary(),
        "query_parts_ms": parts,
        "swap": swap,
        "endurance": enduring,
        "encoder": registry.describe(encoder).title,
    }


def _fill_dataset(count: int, folder: Path, encoder: str) -> Dataset:
    """Make records without files: images of a dataset and random embeddings in the encoder's dimension."""
    described = registry.describe(encoder)
    record = encoder_record(described.name, described.dimension)
    dataset = Dataset.objects.create(
        name="Benchmark", slug="benchmark", visibility=Dataset.Visibility.PUBLIC, source_path=str(folder)
    )
    vectors = synthetic_vectors(count, described.dimension, folder / "site.npy").read()
    for start in range(0, count, _ROWS):
        numbers = range(start, min(start + _ROWS, count))
        images = Image.objects.bulk_create([_image(dataset, number, count) for number in numbers])
        _embed(record, images, vectors[start : start + len(images)])
    build_version(dataset, described.name)
    return dataset


def _image(dataset: Dataset, number: int, count: int) -> Image:
    """Return a record of which one in a thousand was added on the first day, the others later."""
    first = number % 1000 == 0
    return Image(
        dataset=dataset,
        name=f"{number:08}.jpg",
        checksum=f"{number:064x}"[::-1],
        byte_size=1,
        modified_ns=0,
        width=640,
        height=480,
        format="JPEG",
        state=Image.State.READY,
        added_at=_first_day() - timedelta(hours=1) if first else _first_day() + timedelta(seconds=number),
    )


def _first_day() -> datetime:
    return datetime(2026, 1, 2, tzinfo=UTC).astimezone(timezone.get_default_timezone())


def _embed(record: EncoderRecord, images: Sequence[Image], vectors: Any) -> None:
    Embedding.objects.bulk_create(
        Embedding(encoder=record, image=image, vector=vector.tobytes())
        for image, vector in zip(images, vectors, strict=True)
    )


def _wait_until_warm(dataset: Dataset) -> None:
    until = time.monotonic() + _READY_SECONDS
    address = f"http://127.0.0.1:{settings.PORT}/api/v1/search?dataset={dataset.slug}&q=a+photo"
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=_READY_SECONDS):
                return
        except URLError:
            time.sleep(0.2)
    raise ServiceUnavailable(f"The web process does not answer. Its messages are in {settings.LOGS_DIR}.")


def _under_load(dataset: Dataset, clients: int) -> dict[str, float]:
    ask_all(settings.PORT, dataset.slug, clients, query_texts(2 * clients))
    return {"clients": clients, **ask_all(settings.PORT, dataset.slug, clients, query_texts(_REQUESTS)).summary()}


def _swap_drill(dataset: Dataset, encoder: str, pid: int) -> dict[str, Any]:
    texts = query_texts(64)
    ask_all(settings.PORT, dataset.slug, _DRILL_CLIENTS, texts)
    with constant_load(settings.PORT, dataset.slug, _DRILL_CLIENTS, texts) as steady:
        time.sleep(_STEADY_SECONDS)
    before = _rss_mb(pid)
    with constant_load(settings.PORT, dataset.slug, _DRILL_CLIENTS, texts) as swapping:
        run_isolated(publish_repeatedly, dataset.pk, encoder)
    return _swap_report(steady, swapping, _rss_mb(pid) / before)


def publish_repeatedly(dataset_id: int, encoder: str) -> None:
    """Publish versions at a worker's low priority, with pauses in which web processes notice each."""
    os.nice(int(stack.WORKER_NICENESS))
    for _ in range(PUBLISHES):
        build_version(Dataset.objects.get(pk=dataset_id), encoder, afresh=True)
        time.sleep(_AFTER_PUBLISH_SECONDS)


def _swap_report(steady: Answers, swapping: Answers, growth: float) -> dict[str, Any]:
    calm, busy = steady.summary(), swapping.summary()
    return {
        "publishes": PUBLISHES,
        "versions_seen": len(set(swapping.versions)),
        "requests": busy["requests"],
        "failed": busy["errors"],
        "p99_steady_ms": calm["p99_ms"],
        "p99_swapping_ms": busy["p99_ms"],
        "p99_ratio": busy["p99_ms"] / calm["p99_ms"],
        "rss_growth": growth,
    }


def _endurance(dataset: Dataset, pid: int, queries: int) -> dict[str, float]:
    """Compare memory and open files of the web process after all queries with those after the first tenth."""
    web = psutil.Process(pid)
    texts = query_texts(1000)

    def ask(count: int) -> int:
        rounds = [texts[number % len(texts)] for number in range(count)]
        return len(ask_all(settings.PORT, dataset.slug, _DRILL_CLIENTS, rounds).errors)

    failed = ask(queries // 10)
    before, files = _rss_mb(pid), web.num_fds()
    failed += ask(queries - queries // 10)
    return {
        "queries": queries,
        "failed": failed,
        "rss_growth": _rss_mb(pid) / before,
        "open_files_before": files,
        "open_files_after": web.num_fds(),
    }


def _rss_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / _MB
