"""Many who ask at once are answered by few calls, each with its own vectors."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from search.encoders.shared_text_tower import MOST_AT_ONCE, SharedTextTower
from search.values import Float32Array


class CountingTower:
    """The vector of a text is its number; the first call waits until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def encode(self, texts: Sequence[str]) -> Float32Array:
        self.calls.append(list(texts))
        self.begun.set()
        assert self.go_on.wait(20)
        if "bad" in texts:
            raise ValueError("a bad text")
        return np.array([[float(text)] for text in texts], np.float32).reshape(len(texts), 1)


def waiting(tower: SharedTextTower) -> int:
    return len(tower._waiting)


def wait_for(tower: SharedTextTower, count: int) -> None:
    pause = threading.Event()
    while waiting(tower) < count:
        pause.wait(0.005)


def test_those_who_wait_are_answered_together() -> None:
    inner = CountingTower()
    tower = SharedTextTower(inner, callers=1)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(tower.encode, ["0"])
        assert inner.begun.wait(20)
        others = [pool.submit(tower.encode, [str(number), str(100 + number)]) for number in range(1, 16)]
        wait_for(tower, 15)
        inner.go_on.set()
        assert first.result(20).tolist() == [[0.0]]
        for number, answer in enumerate(others, start=1):
            assert answer.result(20).tolist() == [[number], [100 + number]]
    assert [len(call) for call in inner.calls] == [1, 30]


def test_a_call_has_a_limit_and_one_long_question_is_taken_whole() -> None:
    inner = CountingTower()
    inner.go_on.set()
    tower = SharedTextTower(inner, callers=1)
    many = [str(number) for number in range(MOST_AT_ONCE + 5)]
    assert len(tower.encode(many)) == len(many)
    assert tower.encode([]).shape[0] == 0


def test_an_error_reaches_those_of_its_call_only() -> None:
    inner = CountingTower()
    tower = SharedTextTower(inner, callers=1)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(tower.encode, ["1"])
        assert inner.begun.wait(20)
        bad = [pool.submit(tower.encode, ["bad"]), pool.submit(tower.encode, ["2"])]
        wait_for(tower, 2)
        inner.go_on.set()
        assert first.result(20).tolist() == [[1.0]]
        for answer in bad:
            with pytest.raises(ValueError, match="a bad text"):
                answer.result(20)
    assert tower.encode(["3"]).tolist() == [[3.0]]
