"""Clients that search over HTTP, each with a connection of its own, and how long they wait."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from clipsite.benchmarks.index_sizes import quantiles

_TIMEOUT = 60


@dataclass
class Answers:
    """The answers to some clients: milliseconds of each, what went wrong, and the index versions that answered."""

    milliseconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)

    def summary(self) -> dict[str, float]:
        return {**quantiles(self.milliseconds), "requests": len(self.milliseconds), "errors": len(self.errors)}


class Client:
    """A client with one connection, which stays open."""

    def __init__(self, port: int, dataset: str, answers: Answers) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        self._dataset = dataset
        self._answers = answers

    def ask(self, text: str, **more: str) -> None:
        """Search for a text, and note the milliseconds of the answer or the error."""
        query = urllib.parse.urlencode({"dataset": self._dataset, "q": text, "k": 10, **more})
        started = time.perf_counter()
        try:
            self._connection.request("GET", f"/api/v1/search?{query}")
            answer = self._connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._answers.errors.append(repr(error))
            self._connection.close()
            return
        if answer.status != 200:
            self._answers.errors.append(f"{answer.status}: {body}")
            return
        self._answers.milliseconds.append((time.perf_counter() - started) * 1000)
        self._answers.versions.append(body["index_version"])

    def close(self) -> None:
        self._connection.close()


def ask_all(port: int, dataset: str, clients: int, texts: Sequence[str], **more: str) -> Answers:
    """Search for the texts with so many clients at the same time, each with its share, one text after the other."""
    answers = Answers()

    def work(share: Sequence[str]) -> None:
        client = Client(port, dataset, answers)
        for text in share:
            client.ask(text, **more)
        client.close()

    threads = [threading.Thread(target=work, args=(texts[number::clients],)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@contextmanager
def constant_load(port: int, dataset: str, clients: int, texts: Sequence[str]) -> Iterator[Answers]:
    """Keep so many clients searching for these texts over and over while the block runs."""
    answers = Answers()
    finished = threading.Event()

    def work(first: int) -> None:
        client = Client(port, dataset, answers)
        number = first
        while not finished.is_set():
            client.ask(texts[number % len(texts)])
            number += clients
        client.close()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        finished.set()
        for thread in threads:
            thread.join()
