"""The texts of ImageNet's 1,000 classes as one matrix of sentence vectors, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from search.encoders.minilm import DIMENSION, PACKAGE, MiniLm
from search.values import Float32Array

logger = logging.getLogger(__name__)

CLASSES = 1000
_FORMAT = 1


def class_vectors(folder: Path) -> Float32Array:
    """Unit vectors, shape (1000, 384), in the classifier's order; read from `folder`, or computed and written there."""
    texts = class_texts()
    return kept_on_disk(folder / f"starter-classes-{_key(texts)}.npz", lambda: _compute(texts))


def class_texts() -> list[tuple[str, str, str, str]]:
    """Four texts per class: its name, a prompt with the name, all its names, and its description."""
    from timm.data.imagenet_info import ImageNetInfo

    info = ImageNetInfo("imagenet-1k")
    texts = []
    for index in range(CLASSES):
        names = info.index_to_description(index)
        name = names.partition(",")[0].strip()
        description = info.index_to_description(index, detailed=True).removeprefix(f"{names}: ")
        texts.append((name, f"a photo of a {name}", names, description))
    return texts


def everyday_things(count: int) -> list[str]:
    """Names of so many of the classes, spread over all kinds."""
    names = [four[0] for four in class_texts()]
    return names[:: max(1, CLASSES // count)][:count]


def kept_on_disk(path: Path, compute: Callable[[], Float32Array]) -> Float32Array:
    """What `path` holds, or else what `compute` gives, which is then written there; a damaged file is replaced."""
    vectors = _read(path)
    if vectors is None:
        vectors = compute()
        _write(path, vectors)
    return vectors


def _key(texts: list[tuple[str, str, str, str]]) -> str:
    """Changes with everything that determines the matrix: the texts, the weights' version, this file's format."""
    content = json.dumps([_FORMAT, version(PACKAGE), texts]).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def _compute(texts: list[tuple[str, str, str, str]]) -> Float32Array:
    logger.info("Computing the class texts of the starter encoder; this happens once.")
    encoder = MiniLm()
    flat = [text for four in texts for text in four]
    summed = encoder.encode(flat).reshape(len(texts), -1, DIMENSION).sum(axis=1)
    vectors: Float32Array = summed / np.linalg.norm(summed, axis=1, keepdims=True)
    return vectors


def _read(path: Path) -> Float32Array | None:
    """The matrix, or None where there is none or the file is damaged; the archive's checksum tells."""
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            vectors: Float32Array = archive["vectors"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        logger.warning("%s is damaged and will be computed anew: %s", path, error)
        return None
    return vectors


def _write(path: Path, vectors: Float32Array) -> None:
    """Complete or absent, never half: a crash leaves at most a stray temporary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            np.savez(file, vectors=vectors)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            temporary.unlink()
            raise
    temporary.replace(path)
