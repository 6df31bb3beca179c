"""The space of the starter encoder: an axis a class, bent so that like classes lie near each other.

A picture is the probabilities p of its classes. A text names concepts: the softmax t of its similarities to all of
them, each spread over the classes that belong to it (the tree of WordNet), plus a little of its plain similarity to
the classes, for what the tree does not know. The score of a text for a picture is their inner product.

With these axes two dogs of different breeds would have nothing in common. So pictures are R p, where R is the root of
I + C C' and C are the centred vectors of the classes' texts, and texts are multiplied by the inverse of R, which leaves
every score what it was. ConSE (Norouzi et al., ICLR 2014) is the part C C' alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from search.encoders.array_cache import load_or_compute
from search.encoders.starter.imagenet_classes import CLASSES, concept_vectors, concepts, fingerprint
from search.values import Float32Array

if TYPE_CHECKING:
    import torch

_SHARPNESS = 0.04
"""Of the softmax over concepts. Recall hardly changes from 0.03 to 0.05."""

_PLAIN_SHARE = 0.3


class ClassSpace:
    """Unit vectors of 1,000 dimensions, float32; safe for several threads."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        import torch

        vectors = concept_vectors(folder)
        class_vectors = _centre(vectors[:CLASSES])
        root, inverse = load_or_compute(folder / f"starter-space-{fingerprint()}.npz", lambda: _roots(class_vectors))
        self._root = torch.from_numpy(root).to(device)
        self._inverse = torch.from_numpy(inverse).to(device)
        self._concepts = torch.from_numpy(vectors).to(device)
        self._classes = torch.from_numpy(class_vectors).to(device)
        self._members = torch.from_numpy(_members()).to(device)

    def of_pictures(self, probabilities: torch.Tensor) -> torch.Tensor:
        """Return unit vectors, shape (n, 1000), from the probabilities of the classes, shape (n, 1000)."""
        from torch.nn import functional

        return functional.normalize(probabilities @ self._root, dim=1)

    def of_texts(self, sentences: torch.Tensor) -> torch.Tensor:
        """Return unit vectors, shape (n, 1000), from unit sentence vectors, shape (n, 384)."""
        from torch.nn import functional

        by_concept = functional.softmax(sentences @ self._concepts.T / _SHARPNESS, dim=1) @ self._members
        plain = sentences @ self._classes.T
        classes = functional.normalize(by_concept, dim=1) + _PLAIN_SHARE * plain
        return functional.normalize(classes @ self._inverse, dim=1)


def _centre(classes: Float32Array) -> Float32Array:
    """Return unit vectors without the mean of all classes, which is the direction of any short text."""
    apart = classes - classes.mean(axis=0)
    unit: Float32Array = apart / np.linalg.norm(apart, axis=1, keepdims=True)
    return unit


def _roots(class_vectors: Float32Array) -> Float32Array:
    """The symmetric root of I + C C' and its inverse, shape (2, 1000, 1000); unlike other roots there is just one."""
    exact = class_vectors.astype(np.float64)
    squared, axes = np.linalg.eigh(np.eye(CLASSES) + exact @ exact.T)
    roots = np.sqrt(squared)
    both: Float32Array = np.stack([axes * roots @ axes.T, axes / roots @ axes.T]).astype(np.float32)
    return both


def _members() -> Float32Array:
    """The classes of each concept as unit vectors, shape (n, 1000)."""
    members = np.zeros((len(concepts()), CLASSES), np.float32)
    for row, concept in zip(members, concepts(), strict=True):
        row[list(concept.classes)] = len(concept.classes) ** -0.5
    return members
