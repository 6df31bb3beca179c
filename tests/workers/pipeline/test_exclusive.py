"""A batch under suspicion has its process to itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from workers.pipeline.exclusive import SharedLock

SECONDS = 20


def test_others_work_side_by_side() -> None:
    lock, together = SharedLock(), threading.Barrier(2)

    def work() -> int:
        with lock.acquire(exclusive=False):
            return together.wait(SECONDS)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(lambda _: work(), range(2))) == [0, 1]


def test_one_alone_waits_for_those_at_work_and_goes_before_those_who_come_later() -> None:
    lock, order = SharedLock(), []
    started, may_end = threading.Event(), threading.Event()

    def first() -> None:
        with lock.acquire(exclusive=False):
            started.set()
            assert may_end.wait(SECONDS)
            order.append("first")

    def alone() -> None:
        with lock.acquire(exclusive=True):
            order.append("alone")

    def later() -> None:
        with lock.acquire(exclusive=False):
            order.append("later")

    with ThreadPoolExecutor(3) as threads:
        work = [threads.submit(first)]
        assert started.wait(SECONDS)
        work.append(threads.submit(alone))
        while not lock._waiting_exclusively:
            assert not work[1].done()
        work.append(threads.submit(later))
        may_end.set()
        for each in work:
            each.result(SECONDS)
    assert order == ["first", "alone", "later"]


def test_work_that_fails_gives_its_turn_back() -> None:
    lock = SharedLock()
    for alone in (True, False):
        try:
            with lock.acquire(exclusive=alone):
                raise ValueError
        except ValueError:
            pass
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: lock.acquire(exclusive=True).__enter__()).result(SECONDS)
