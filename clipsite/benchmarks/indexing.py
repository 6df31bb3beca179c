"""Benchmark of indexing, in one sitting: the usual loop, the limits of the machine, the real pipeline."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clipsite.benchmarks.corpus import make_corpus
from clipsite.benchmarks.isolation import run_isolated
from clipsite.benchmarks.limits import combine, time_derivatives, time_encoding
from clipsite.benchmarks.machine import describe_machine
from clipsite.benchmarks.pipeline import PipelineRun, measure_pipeline
from clipsite.benchmarks.sequential import time_sequential_loop
from search.encoders import registry
from search.encoders.random_weights import save_random_weights

ARCHITECTURE = "ViT-B-32"
GROWTH = (1, 2, 4)
_SEQUENTIAL_IMAGES = 100
_LIMIT_IMAGES = 400
_ENCODING_SECONDS = 6.0
_WARM_UP_IMAGES = 128

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """Images a second of the parts alone, on all cores."""

    derivatives_per_s: float
    encodings_per_s: float

    @property
    def combined_per_s(self) -> float:
        return combine(self.derivatives_per_s, self.encodings_per_s)


def measure_indexing(photos: Path, folder: Path, count: int, encoder: str | None, say: Say) -> dict[str, Any]:
    """Measure with `count`, twice and four times as many pictures of 1024 px made from `photos`, all below `folder`.

    Without `encoder` it is ViT-B/32 with random weights, whose speed is that of trained ones. The sequential loop
    always runs that architecture. Raises UserError.
    """
    say(f"Making {GROWTH[-1] * count:,} pictures.")
    paths = make_corpus(photos, folder / f"{GROWTH[-1]}n", GROWTH[-1] * count)
    folders = [_link_all(paths[: times * count], folder / f"{times}n") for times in GROWTH[:-1]] + [folder / "4n"]
    warm_up = _link_all(paths[-min(_WARM_UP_IMAGES, count) :], folder / "warm-up")
    encoder = encoder or run_isolated(save_random_weights, ARCHITECTURE, folder / "random.safetensors")
    say("Measuring the sequential loop.")
    sequential = run_isolated(time_sequential_loop, paths[: min(_SEQUENTIAL_IMAGES, count)], ARCHITECTURE)
    say("Measuring the limits of this machine.")
    limits = [_limits(paths[:_LIMIT_IMAGES], folder, encoder)]
    say("Measuring the pipeline.")
    runs = measure_pipeline(encoder, warm_up, folders)
    say("Measuring the limits again, since a shared machine may have changed.")
    limits.append(_limits(paths[:_LIMIT_IMAGES], folder, encoder))
    return _report(sequential, limits, runs, encoder)


def _report(sequential: float, limits: Sequence[Limits], runs: Sequence[PipelineRun], encoder: str) -> dict[str, Any]:
    limit = statistics.mean(measured.combined_per_s for measured in limits)
    pipeline = statistics.median(run.images / run.seconds for run in runs)
    return {
        "sequential_images_per_s": sequential,
        "derivatives_per_s": [measured.derivatives_per_s for measured in limits],
        "encodings_per_s": [measured.encodings_per_s for measured in limits],
        "limit_images_per_s": limit,
        "pipeline_images_per_s": pipeline,
        "ratio_to_sequential": pipeline / sequential,
        "ratio_to_limit": pipeline / limit,
        "growth_n_to_4n": (runs[-1].seconds / runs[-1].images) / (runs[0].seconds / runs[0].images),
        "peak_rss_mb": max(run.peak_mb for run in runs),
        "runs": [asdict(run) for run in runs],
        "encoder": registry.describe(encoder).title,
        "tuning": asdict(tuning) if (tuning := registry.tuning(encoder)) else None,
        "machine": describe_machine(),
    }


def _limits(paths: Sequence[Path], folder: Path, encoder: str) -> Limits:
    target = folder / "derivatives"
    target.mkdir(exist_ok=True)
    derivatives = time_derivatives(paths, target, os.cpu_count() or 1)
    return Limits(derivatives, run_isolated(time_encoding, encoder, min(_ENCODING_SECONDS, len(paths) / 50)))


def _link_all(paths: Sequence[Path], folder: Path) -> Path:
    """Make a folder of hard links to these files, in the same subfolders."""
    for path in paths:
        link = folder / path.parent.name / path.name
        link.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, link)
    return folder
