"""What every encoder is: two towers that put images and texts into one vector space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from search.values import Float32Array


def public_name(name: str) -> str:
    """An encoder's name as visitors see it: of a checkpoint the file alone, since folders are the server's business."""
    family_and_architecture, slash, weights = name.rpartition("/")
    parts = family_and_architecture.split("/")
    return "/".join([*parts[:2], weights]) if slash else name


class ImageTower(Protocol):
    """Encodes pictures; one instance is used by one thread at a time."""

    def encode(self, images: Sequence[Image.Image]) -> Float32Array:
        """Unit vectors, float32, shape (len(images), dimension); images are RGB of any size."""
        ...


class TextTower(Protocol):
    """Encodes texts; safe to call from several threads."""

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors, float32, shape (len(texts), dimension)."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderDescription:
    """What is known of an encoder without loading its weights.

    `input_size` is the side in pixels of the square that the image tower reads; `note` is a sentence for pages that
    show results of this encoder, empty where nothing needs saying.
    """

    name: str
    dimension: int
    input_size: int
    title: str
    note: str = ""


class EncoderFamily(Protocol):
    """All encoders whose names share a first part, such as `open_clip/...`."""

    prefix: str

    def describe(self, name: str) -> EncoderDescription:
        """Raises UnknownEncoder for a name that this family does not understand."""
        ...

    def load_image_tower(self, name: str) -> ImageTower:
        """Raises UnknownEncoder or EncoderUnavailable."""
        ...

    def load_text_tower(self, name: str) -> TextTower:
        """Raises UnknownEncoder or EncoderUnavailable."""
        ...

    def suggestions(self) -> list[str]:
        """Names worth listing to a person who looks for an encoder."""
        ...
