"""Calls in a fresh process, for measurements."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

import django

Result = TypeVar("Result")


def run_isolated(call: Callable[..., Result], *arguments: Any) -> Result:
    """Return the result of a call in a fresh process, whose threads and memory are nobody else's."""
    # Spawned: a fork would have the memory of this process, and none of its threads.
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=django.setup) as pool:
        return pool.submit(call, *arguments).result()
