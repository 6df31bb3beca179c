"""What every encoder is: two towers that put images and texts into one vector space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from search.values import Float32Array

if TYPE_CHECKING:
    import torch


def public_name(name: str) -> str:
    """An encoder's name as visitors see it: of a checkpoint the file alone, since folders are the server's business."""
    family_and_architecture, slash, weights = name.rpartition("/")
    parts = family_and_architecture.split("/")
    return "/".join([*parts[:2], weights]) if slash else name


class Precision(StrEnum):
    """The floating-point format of a tower's weights."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"


class PixelTower(Protocol):
    """The image side of an encoder, one batch at a time; safe to call from several threads.

    `search.encoders.image_tower` reads pictures for it and spreads them over the machine.
    """

    device: str
    """The device on which it computes, as torch names it: `cpu` or `cuda`."""

    def prepare(self, pixels: torch.Tensor) -> torch.Tensor:
        """uint8 RGB, shape (3, height, width), to the uint8 square of shape (3, side, side) that the tower reads.

        The square is on the device of the pixels, whichever that is.
        """
        ...

    def encode(self, squares: torch.Tensor) -> Float32Array:
        """Unit vectors, float32, shape (n, dimension), of uint8 squares, shape (n, 3, side, side), on any device.

        Raises torch.OutOfMemoryError when n squares are too many for the device.
        """
        ...


class TextTower(Protocol):
    """Encodes texts; safe to call from several threads."""

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors, float32, shape (len(texts), dimension)."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderDescription:
    """The description of an encoder, known without loading its weights.

    `input_size` is the side in pixels of the square that the image tower reads; `note` is a sentence for pages that
    show results of this encoder, empty where nothing needs saying; `successor` is the encoder that runs use in its
    place, where there is one.
    """

    name: str
    dimension: int
    input_size: int
    title: str
    note: str = ""
    templates: tuple[str, ...] = ()
    """Sentences with `{}` for the text of a query; its vector is the mean over them. None: the text alone."""
    successor: str = ""


class EncoderFamily(Protocol):
    """All encoders whose names share a first part, such as `open_clip/...`."""

    prefix: str

    def describe(self, name: str) -> EncoderDescription:
        """Raises UnknownEncoder for a name that this family does not understand."""
        ...

    def precisions(self, name: str, device: str) -> tuple[Precision, ...]:
        """Formats whose speed is worth measuring on this device; float32 stands in where none keeps the vectors."""
        ...

    def load_image_tower(self, name: str, precision: Precision) -> PixelTower:
        """Raises UnknownEncoder or EncoderUnavailable."""
        ...

    def load_text_tower(self, name: str) -> TextTower:
        """Raises UnknownEncoder or EncoderUnavailable."""
        ...

    def suggestions(self) -> list[str]:
        """Names worth listing to a person who looks for an encoder."""
        ...
