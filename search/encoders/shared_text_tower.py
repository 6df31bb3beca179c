"""A text tower for many who ask at once: a few threads call it, each for all who wait at that time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from search.encoders.base import TextTower
from search.encoders.threads import use_one_thread_per_call
from search.values import Float32Array

MOST_AT_ONCE = 64
"""Texts of one call; the first of them wait for the last."""


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    texts: list[str]
    vectors: Future[Float32Array] = field(default_factory=Future)


class SharedTextTower:
    """Texts that are asked for while all callers are busy are read together by the next that is free.

    The weights of a text tower are read from memory for each call, which is most of its time; a call for eight texts
    takes little longer than one. There is a caller for each core, and no others: a web server has a new thread for each
    request, and for each thread that calls, torch would prepare itself anew.
    """

    def __init__(self, tower: TextTower, callers: int | None = None) -> None:
        self._tower = tower
        self._callers = ThreadPoolExecutor(callers or use_one_thread_per_call(), "texts")
        self._waiting: list[_Request] = []
        self._changing = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Float32Array:
        request = _Request(list(texts))
        with self._changing:
            self._waiting.append(request)
        self._callers.submit(self._answer_next)
        return request.vectors.result()

    def _answer_next(self) -> None:
        requests = self._next()
        if not requests:
            return
        try:
            vectors = self._tower.encode([text for request in requests for text in request.texts])
        except BaseException as error:  # noqa: BLE001 - set as the result of each request
            for request in requests:
                request.vectors.set_exception(error)
            return
        ends = np.cumsum([len(request.texts) for request in requests])
        for request, part in zip(requests, np.split(vectors, ends[:-1]), strict=True):
            request.vectors.set_result(part)

    def _next(self) -> list[_Request]:
        """Takes the requests that have waited longest; none when other threads have taken all."""
        with self._changing:
            taken = size = 0
            for request in self._waiting:
                size += len(request.texts)
                if taken and size > MOST_AT_ONCE:
                    break
                taken += 1
            requests, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return requests
