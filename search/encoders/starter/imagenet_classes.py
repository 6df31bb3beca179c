"""What an ImageNet classifier can tell apart, and what WordNet says stands above: concepts, with texts and vectors."""

from __future__ import annotations

import hashlib
import json
import logging
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from search.encoders.array_cache import load_or_compute
from search.encoders.starter.minilm import DIMENSION, PACKAGE, MiniLm
from search.values import Float32Array

logger = logging.getLogger(__name__)

CLASSES = 1000
_FORMAT = 2
_TREE = Path(__file__).with_name("imagenet_tree.tsv")


class Concept(NamedTuple):
    """A class or something broader; `classes` are the numbers of the classes that are one."""

    name: str
    names: str
    meaning: str
    classes: tuple[int, ...]


@lru_cache(maxsize=1)
def concepts() -> tuple[Concept, ...]:
    """The 1,000 classes in the classifier's order, then what is broader."""
    return (*_classes(), *_broader())


def concept_vectors(folder: Path) -> Float32Array:
    """A unit vector a concept, shape (n, 384), in their order; read from `folder`, or computed and written there."""
    return load_or_compute(folder / f"starter-concepts-{fingerprint()}.npz", _compute)


def fingerprint() -> str:
    """Changes with everything that determines the vectors: the texts, the weights' version, this module's format."""
    content = json.dumps([_FORMAT, version(PACKAGE), concepts()]).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def everyday_things(count: int) -> list[str]:
    """Names of so many of the classes, spread over all kinds."""
    names = [concept.name for concept in concepts()[:CLASSES]]
    return names[:: max(1, CLASSES // count)][:count]


def _classes() -> list[Concept]:
    from timm.data.imagenet_info import ImageNetInfo

    info = ImageNetInfo("imagenet-1k")
    classes = []
    for index in range(CLASSES):
        names = info.index_to_description(index)
        meaning = info.index_to_description(index, detailed=True).removeprefix(f"{names}: ")
        classes.append(Concept(names.partition(",")[0].strip(), names, meaning, (index,)))
    return classes


def _broader() -> list[Concept]:
    concepts_above = []
    for line in _TREE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            names, meaning, classes = line.split("\t")
            concepts_above.append(Concept(names.partition(",")[0], names, meaning, tuple(map(int, classes.split()))))
    return concepts_above


def _compute() -> Float32Array:
    """The mean of the vectors of a concept's name, all its names, and its meaning."""
    logger.info("Computing the texts of the starter encoder's concepts; this happens once.")
    texts = [text for concept in concepts() for text in concept[:3]]
    summed = MiniLm().encode(texts).reshape(len(concepts()), -1, DIMENSION).sum(axis=1)
    vectors: Float32Array = summed / np.linalg.norm(summed, axis=1, keepdims=True)
    return vectors
