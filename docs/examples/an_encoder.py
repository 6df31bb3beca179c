"""An encoder family in one file: it knows the basic colours, in pictures and in texts, and nothing else.

A dimension is a colour: how much of a picture has it, or whether a text names it. CONTRIBUTING.md says what each part
is for; `tests/examples/test_an_encoder.py` indexes and searches a dataset with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from search.encoders.base import EncoderDescription, Precision
from search.errors import UnknownEncoder
from search.values import Float32Array

if TYPE_CHECKING:
    import torch

NAME = "palette/rgb/11"
SIDE = 32
COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (220, 30, 30),
    "green": (30, 160, 50),
    "blue": (30, 70, 210),
    "yellow": (250, 220, 40),
    "orange": (245, 130, 30),
    "brown": (120, 75, 40),
    "pink": (250, 150, 190),
    "purple": (120, 40, 150),
}
_VALUES = np.array(list(COLOURS.values()), np.float32) / 255
_SHARPNESS = 30.0
"""How quickly a pixel stops being of a colour as it moves away from it."""


def _unit(vectors: Float32Array) -> Float32Array:
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


class PaletteImageTower:
    """Has no weights, so any number of threads may share it."""

    device = "cpu"

    def prepare(self, pixels: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import interpolate

        square = interpolate(pixels[None].float(), size=(SIDE, SIDE), mode="area")[0]
        return square.round().byte()

    def encode(self, squares: torch.Tensor) -> Float32Array:
        pixels = squares.permute(0, 2, 3, 1).reshape(len(squares), -1, 1, 3).cpu().numpy().astype(np.float32) / 255
        nearness = np.exp(-_SHARPNESS * np.square(pixels - _VALUES).sum(axis=3))
        shares = nearness / nearness.sum(axis=2, keepdims=True)
        return _unit(shares.mean(axis=1))


class PaletteTextTower:
    def encode(self, texts: Sequence[str]) -> Float32Array:
        return _unit(np.array([self._colours_of(text) for text in texts], np.float32))

    def _colours_of(self, text: str) -> list[float]:
        """Return the colours that a text names; where it names none, all alike: no picture is nearer than another."""
        words = set(re.findall(r"[a-z]+", text.lower().replace("gray", "grey")))
        named = [float(colour in words) for colour in COLOURS]
        return named if any(named) else [1.0] * len(COLOURS)


class PaletteFamily:
    prefix = "palette"

    def describe(self, name: str) -> EncoderDescription:
        if name != NAME:
            raise UnknownEncoder(f"No encoder is called {name!r}. The only one of its family is {NAME}.")
        note = f"This encoder knows colours only: {', '.join(COLOURS)}."
        return EncoderDescription(name, len(COLOURS), SIDE, "colours of a picture", note)

    def precisions(self, name: str, device: str) -> tuple[Precision, ...]:
        return (Precision.FLOAT32,)

    def load_image_tower(self, name: str, precision: Precision) -> PaletteImageTower:
        self.describe(name)
        return PaletteImageTower()

    def load_text_tower(self, name: str) -> PaletteTextTower:
        self.describe(name)
        return PaletteTextTower()

    def suggestions(self) -> list[str]:
        return [NAME]
