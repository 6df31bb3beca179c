"""A deterministic encoder for tests of other parts: a text that names a colour is near pictures of that colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageColor

from search.encoders.base import EncoderDescription, Precision
from search.errors import UnknownEncoder
from search.values import Float32Array

if TYPE_CHECKING:
    import torch

DIMENSION = 32
_MIXER = np.random.default_rng(0).normal(size=(4, DIMENSION)).astype(np.float32)


def _unit_vectors(colours: Sequence[tuple[float, ...]]) -> Float32Array:
    features = np.array([[*(np.array(colour[:3]) / 255.0 - 0.5), 0.1] for colour in colours], np.float32)
    vectors = features @ _MIXER
    unit: Float32Array = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _colour(word: str) -> tuple[float, ...]:
    """Grey for a word that names no colour."""
    try:
        return ImageColor.getrgb(word)
    except ValueError:
        return (128, 128, 128)


class FakeImageTower:
    device = "cpu"

    def prepare(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.float().mean((1, 2), keepdim=True).round().byte()

    def encode(self, squares: torch.Tensor) -> Float32Array:
        return _unit_vectors([tuple(square.flatten().tolist()) for square in squares])


class FakeTextTower:
    def encode(self, texts: Sequence[str]) -> Float32Array:
        return _unit_vectors([_colour(text.split()[-1]) for text in texts])


class FakeFamily:
    prefix = "fake"

    def describe(self, name: str) -> EncoderDescription:
        if name not in self.suggestions():
            raise UnknownEncoder(f"No encoder is called {name!r}.")
        return EncoderDescription(name, DIMENSION, 8, "mean colours, for tests")

    def precisions(self, name: str, device: str) -> tuple[Precision, ...]:
        return (Precision.FLOAT32,)

    def load_image_tower(self, name: str, precision: Precision) -> FakeImageTower:
        return FakeImageTower()

    def load_text_tower(self, name: str) -> FakeTextTower:
        return FakeTextTower()

    def suggestions(self) -> list[str]:
        return ["fake/colours/32", "fake/colours/other"]
