"""Placeholder while it is being written."""

from __future__ import annotations

from search.encoders.base import EncoderDescription, ImageTower, TextTower
from search.errors import UnknownEncoder


class OpenClipFamily:
    prefix = "open_clip"

    def describe(self, name: str) -> EncoderDescription:
        raise UnknownEncoder(name)

    def load_image_tower(self, name: str) -> ImageTower:
        raise UnknownEncoder(name)

    def load_text_tower(self, name: str) -> TextTower:
        raise UnknownEncoder(name)

    def suggestions(self) -> list[str]:
        return []
