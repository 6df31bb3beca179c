"""Numbers in words."""

from __future__ import annotations

import pytest

from workers.progress import words as progress_words
from workers.progress.eta import Range


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, 4, "a few seconds left"),
        (2, 12, "up to 15 s left"),
        (21, 42, "20 to 45 s left"),
        (40, 95, "0.5 to 2 min left"),
        (100, 203, "1.5 to 3.5 min left"),
        (245, 650, "4 to 11 min left"),
        (4_000, 6_000, "1 to 2 h left"),
        (50_000, 90_000, "13.5 to 25 h left"),
        (90_000, 300_000, "1 to 4 days left"),
    ],
)
def test_a_time_to_come_is_rounded_outwards(low: float, high: float, words: str) -> None:
    assert progress_words.time_left(Range(low, high)) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s"), (12_040, "3 h 20 min")]
)
def test_a_time_that_passed(seconds: float, words: str) -> None:
    assert progress_words.duration(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (999, "999 B"), (1_240, "1.2 kB"), (999_600, "1.0 MB"), (330_400_000, "330 MB")]
)
def test_an_amount_of_bytes(size: int, words: str) -> None:
    assert progress_words.amount(size) == words
