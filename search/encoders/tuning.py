"""Finds the precision and the chunk size that encode fastest on this machine, once, and keeps what it found."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from PIL import Image

from search.encoders.base import EncoderFamily, PixelTower, Precision, public_name
from search.encoders.device import best_device, device_name
from search.encoders.image_tower import ImageTower
from search.errors import EncoderUnavailable
from search.files.atomic import atomic_file
from search.values import Float32Array

logger = logging.getLogger(__name__)

LEAST_AGREEMENT = 0.999
"""Cosine between a picture's vector and its vector in float32: what a precision must keep on every probe."""

_PROBES = 16
_PROBE_SIZE = (512, 384)
_CHUNKS = {"cpu": (1, 2, 4, 8, 16), "cuda": (16, 64, 256)}
_SECONDS = 0.3
_HOPELESS = 0.7
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Tuning:
    """The fastest way to encode on this machine; `agreement` is the least cosine to float32 over the probes."""

    precision: Precision
    chunk: int
    decode_on: str
    images_per_s: float
    agreement: float


def load_tuned_tower(family: EncoderFamily, name: str, folder: Path) -> ImageTower:
    """The encoder's image tower as it is fastest here: by what an earlier process measured, or by measuring now.

    `folder` keeps what was measured, a file for each encoder and machine. Raises UnknownEncoder or EncoderUnavailable.
    """
    dimension = family.describe(name).dimension
    tuning = read_tuning(name, folder)
    if tuning is not None:
        tower = family.load_image_tower(name, tuning.precision)
    else:
        tower, tuning = _measure(family, name, dimension, folder)
        _write(_record(name, folder), name, tuning)
        speed = tuning.images_per_s
        logger.info("%s encodes %.0f images/s in %s, %s at once", name, speed, tuning.precision, tuning.chunk)
    return ImageTower(tower, dimension, tuning.chunk, tuning.decode_on)


def read_tuning(name: str, folder: Path) -> Tuning | None:
    """Return what was measured of this encoder on this machine; None where nothing was."""
    return _read(_record(name, folder))


def _measure(family: EncoderFamily, name: str, dimension: int, folder: Path) -> tuple[PixelTower, Tuning]:
    probes = _probe_files(folder)
    precisions = family.precisions(name, best_device())
    towers = {Precision.FLOAT32: family.load_image_tower(name, Precision.FLOAT32)}
    expected = _vectors(towers[Precision.FLOAT32], dimension, probes)
    if Precision.FLOAT32 not in precisions:
        towers.clear()  # room for the others
    best: tuple[PixelTower, Tuning] | None = None
    # Float32 comes last where it is no candidate: it stands in when no other keeps the vectors.
    for precision in dict.fromkeys([*precisions, Precision.FLOAT32]):
        if best is not None and precision not in precisions:
            break
        tower = towers.get(precision) or family.load_image_tower(name, precision)
        agreement = float(np.min(np.sum(expected * _vectors(tower, dimension, probes), axis=1)))
        if not agreement >= LEAST_AGREEMENT:  # NaN is no agreement either
            logger.warning("%s in %s keeps only %.4f cosine to float32; not used", name, precision, agreement)
            continue
        chunk, decode_on, speed = _fastest(tower, dimension, probes, best[1].images_per_s if best else 0.0)
        if best is None or speed > best[1].images_per_s:
            best = tower, Tuning(precision, chunk, decode_on, speed, agreement)
    if best is None:
        problem = "makes vectors that are no numbers; its weights are damaged."
        raise EncoderUnavailable(f"The encoder {name} {problem}", public=f"The encoder {public_name(name)} {problem}")
    return best


def _vectors(tower: PixelTower, dimension: int, probes: list[Path]) -> Float32Array:
    encoder = ImageTower(tower, dimension, 4, "cpu")
    try:
        return encoder.encode_files(probes).vectors
    finally:
        encoder.close()


def _fastest(tower: PixelTower, dimension: int, probes: list[Path], to_beat: float) -> tuple[int, str, float]:
    """The chunk size, place of decoding and images/s of the fastest setting; sizes that only get slower end it."""
    best = (1, "cpu", 0.0)
    for decode_on in dict.fromkeys(["cpu", tower.device]):
        for chunk in _CHUNKS[tower.device]:
            speed = _speed(tower, dimension, probes, chunk, decode_on)
            if speed > best[2]:
                best = (chunk, decode_on, speed)
            if speed < _HOPELESS * max(best[2], to_beat):
                break
    return best


def _speed(tower: PixelTower, dimension: int, probes: list[Path], chunk: int, decode_on: str) -> float:
    """Images a second of the best of several rounds, in each of which every thread encodes a chunk."""
    encoder = ImageTower(tower, dimension, chunk, decode_on)
    count = chunk * encoder.threads
    files = (probes * (count // len(probes) + 1))[:count]
    best = 0.0
    try:
        encoder.encode_files(files)  # the first call prepares what later ones use
        for _ in _rounds():
            started = time.perf_counter()
            encoder.encode_files(files)
            best = max(best, count / (time.perf_counter() - started))
    finally:
        encoder.close()
    return best


def _rounds() -> Iterator[int]:
    deadline = time.perf_counter() + _SECONDS
    number = 0
    while number == 0 or time.perf_counter() < deadline:
        yield number
        number += 1


def _probe_files(folder: Path) -> list[Path]:
    """Pictures as JPEG files, made at the first measurement on this machine."""
    paths = [folder / f"probe-{number:02}.jpg" for number in range(_PROBES)]
    for number, path in enumerate(paths):
        if not path.exists():
            with atomic_file(path) as file:
                _photograph_like(np.random.default_rng(number)).save(file, "JPEG", quality=85)
    return paths


def _photograph_like(random: np.random.Generator) -> Image.Image:
    """A picture with the spectrum of photographs: amplitude 1/frequency (Field, JOSA A 4, 1987)."""
    width, height = _PROBE_SIZE
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    frequency[0, 0] = 1.0
    waves = np.fft.ifft2(np.fft.fft2(random.normal(size=(3, height, width))) / frequency).real
    waves = waves / waves.std() * random.uniform(30, 70) + random.uniform(60, 190, size=(3, 1, 1))
    return Image.fromarray(np.clip(waves, 0, 255).astype(np.uint8).transpose(1, 2, 0))


def _record(name: str, folder: Path) -> Path:
    return folder / f"{_fingerprint(name)}.json"


def _fingerprint(name: str) -> str:
    """Differs between encoders, machines, versions of torch and contents of a checkpoint file of one's own."""
    import torch

    checkpoint = Path(name.split("/", 2)[-1])
    stamp = str(checkpoint.stat().st_mtime_ns) if checkpoint.is_file() else ""
    parts = (str(_VERSION), name, stamp, device_name(best_device()), torch.__version__, str(settings.COMPILE))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _read(file: Path) -> Tuning | None:
    try:
        tuning = json.loads(file.read_text(encoding="utf-8"))["tuning"]
        return Tuning(**tuning | {"precision": Precision(tuning["precision"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(file: Path, name: str, tuning: Tuning) -> None:
    record = {"encoder": name, "device": device_name(best_device()), "tuning": asdict(tuning)}
    with atomic_file(file) as target:
        target.write(json.dumps(record, indent=2).encode())
