"""Finds the family of an encoder by its name and keeps one loaded instance of each tower per process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from django.conf import settings

from search.encoders.base import EncoderDescription, EncoderFamily, Precision, TextTower
from search.encoders.image_tower import ImageTower
from search.encoders.open_clip.family import OpenClipFamily
from search.encoders.shared_text_tower import SharedTextTower
from search.encoders.starter.family import StarterFamily
from search.encoders.tuning import Tuning, load_tuned_tower, read_tuning
from search.errors import UnknownEncoder

_Tower = TypeVar("_Tower")


class _OncePerName(Generic[_Tower]):
    """Loads one tower per name; a second caller waits for the first, callers of other names do not."""

    def __init__(self, load: Callable[[str], _Tower]) -> None:
        self._load = load
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._towers: dict[str, _Tower] = {}

    def get(self, name: str) -> _Tower:
        tower = self._towers.get(name)
        if tower is not None:
            return tower
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._towers:
                self._towers[name] = self._load(name)
            return self._towers[name]

    def clear(self) -> None:
        self._towers.clear()


_families: dict[str, EncoderFamily] = {}


def register_family(family: EncoderFamily) -> None:
    """Makes `<prefix>/...` names known; a family of the same prefix is replaced."""
    _families[family.prefix] = family


def describe(name: str) -> EncoderDescription:
    """Return the description of an encoder without loading it; raises UnknownEncoder."""
    return _family_of(name).describe(name)


def current(name: str) -> str:
    """The encoder that runs use for data of this one: itself, unless another has taken its place."""
    try:
        return describe(name).successor or name
    except UnknownEncoder:
        return name


def image_tower(name: str) -> ImageTower:
    """The process's image tower of this encoder, loaded on first use; raises UnknownEncoder or EncoderUnavailable."""
    return _image_towers.get(name)


def query_tower(name: str) -> ImageTower:
    """Return the process's image tower for pictures to search with; raises UnknownEncoder or EncoderUnavailable.

    Apart from `image_tower`, which measures the machine first and is for many: this one only uses what is known.
    """
    return _query_towers.get(name)


def text_tower(name: str) -> TextTower:
    """The process's text tower of this encoder, loaded on first use; raises UnknownEncoder or EncoderUnavailable."""
    return _text_towers.get(name)


def tuning(name: str) -> Tuning | None:
    """Return how this encoder is fastest on this machine; None before its image tower was loaded once."""
    return read_tuning(name, settings.MODELS_DIR / "tuning")


def known_encoders() -> list[str]:
    """Names worth listing to a person who looks for an encoder."""
    return [name for family in _families.values() for name in family.suggestions()]


def reset_towers() -> None:
    """Forgets every loaded tower, so that a test can watch one load."""
    _image_towers.clear()
    _query_towers.clear()
    _text_towers.clear()


def _family_of(name: str) -> EncoderFamily:
    family = _families.get(name.partition("/")[0])
    if family is None:
        prefixes = ", ".join(f"{prefix}/..." for prefix in sorted(_families))
        raise UnknownEncoder(
            f"No encoder is called {name!r}: its name must begin with one of {prefixes}; "
            f"`{settings.COMMAND} encoders` lists them."
        )
    return family


def _load_image_tower(name: str) -> ImageTower:
    describe(name)
    return load_tuned_tower(_family_of(name), name, settings.MODELS_DIR / "tuning")


def _load_query_tower(name: str) -> ImageTower:
    dimension = describe(name).dimension
    stored_tuning = tuning(name)
    # A tower of its own, and one picture at a time: whoever searches waits for no batch of a run.
    tower = _family_of(name).load_image_tower(name, stored_tuning.precision if stored_tuning else Precision.FLOAT32)
    return ImageTower(tower, dimension, chunk=1, decode_on="cpu")


def _load_text_tower(name: str) -> TextTower:
    describe(name)
    return SharedTextTower(_family_of(name).load_text_tower(name))


_image_towers = _OncePerName(_load_image_tower)
_query_towers = _OncePerName(_load_query_tower)
_text_towers = _OncePerName(_load_text_tower)
register_family(OpenClipFamily())
register_family(StarterFamily())
