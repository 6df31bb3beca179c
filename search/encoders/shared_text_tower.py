"""One call of a text tower at a time, for all who ask at that time: many searchers cost little more than one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.encoders.base import TextTower
from search.values import Float32Array

MOST_AT_ONCE = 64
"""Texts of one call; the first of them wait for the last."""


@dataclass(slots=True, eq=False)
class _Asked:
    texts: list[str]
    vectors: Float32Array | None = None
    error: Exception | None = None

    @property
    def is_answered(self) -> bool:
        return self.vectors is not None or self.error is not None


class SharedTextTower:
    """Texts that are asked for while a call goes on are read together by the next one.

    The weights of a text tower are read from memory for each call, which is most of its time; a call for eight texts
    takes little longer than one. Side by side, calls would only get in each other's way.
    """

    def __init__(self, tower: TextTower) -> None:
        self._tower = tower
        self._turn = threading.Lock()
        self._waiting: list[_Asked] = []
        self._changing = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Float32Array:
        asked = _Asked(list(texts))
        with self._changing:
            self._waiting.append(asked)
        while not asked.is_answered:
            with self._turn:
                if not asked.is_answered:
                    self._answer(self._next())
        if asked.error is not None:
            raise asked.error
        assert asked.vectors is not None  # noqa: S101 - answered without an error
        return asked.vectors

    def _next(self) -> list[_Asked]:
        """Those that have waited longest, one at least."""
        with self._changing:
            taken, size = 1, len(self._waiting[0].texts)
            while taken < len(self._waiting) and size + len(self._waiting[taken].texts) <= MOST_AT_ONCE:
                size += len(self._waiting[taken].texts)
                taken += 1
            chosen, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return chosen

    def _answer(self, chosen: list[_Asked]) -> None:
        try:
            vectors = self._tower.encode([text for asked in chosen for text in asked.texts])
        except Exception as error:  # noqa: BLE001 - told to each who asked
            for asked in chosen:
                asked.error = error
            return
        ends = np.cumsum([len(asked.texts) for asked in chosen])
        for asked, part in zip(chosen, np.split(vectors, ends[:-1]), strict=True):
            asked.vectors = part
