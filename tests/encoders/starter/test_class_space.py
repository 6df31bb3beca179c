"""The space of the starter encoder: broader words find what belongs to them, and like things lie near each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from django.conf import settings

from search.encoders.base import TextTower
from search.encoders.starter.class_space import ClassSpace
from search.encoders.starter.imagenet_classes import CLASSES, concepts
from search.values import Float32Array


@pytest.fixture(scope="module")
def pictures(starter_text_tower: TextTower) -> Float32Array:
    """One certain picture a class."""
    vectors: Float32Array = ClassSpace(settings.MODELS_DIR).of_pictures(torch.eye(CLASSES)).numpy()
    return vectors


def _classes_of(name: str) -> set[int]:
    return set(next(concept.classes for concept in concepts()[CLASSES:] if concept.name == name))


@pytest.mark.parametrize(
    ("text", "concept", "share"),
    [
        ("a dog", "dog", 0.85),
        ("a bird in a tree", "bird", 0.8),
        ("musical instruments", "musical instrument", 0.9),
        ("a snake", "snake", 0.9),
    ],
)
def test_a_broad_text_finds_what_belongs_to_it_before_all_else(
    text: str, concept: str, share: float, pictures: Float32Array, starter_text_tower: TextTower
) -> None:
    members = _classes_of(concept)
    first = np.argsort(-(pictures @ starter_text_tower.encode([text])[0]))[: len(members)]
    assert len(members & set(first.tolist())) >= share * len(members)


def test_the_name_of_a_class_finds_it(pictures: Float32Array, starter_text_tower: TextTower) -> None:
    names = [concept.name for concept in concepts()[:CLASSES]]
    first = (starter_text_tower.encode(names) @ pictures.T).argmax(axis=1)
    assert np.mean([names[number] == name for number, name in zip(first, names, strict=True)]) >= 0.95


def test_like_classes_lie_nearer_than_others(pictures: Float32Array) -> None:
    number = {concept.name: at for at, concept in enumerate(concepts()[:CLASSES])}
    beagle, basset, teapot = (pictures[number[name]] for name in ("beagle", "basset", "teapot"))
    assert beagle @ basset > beagle @ teapot + 0.2


def test_bending_the_axes_changes_no_score() -> None:
    space = ClassSpace(settings.MODELS_DIR)
    identity = space._root @ space._inverse
    assert torch.allclose(identity, torch.eye(CLASSES), atol=1e-4)
