"""Locust's users: people who search, each with an address of their own, and one client that asks far too often.

For a site that trusts one proxy (CLIPSITE_PROXIES=1), so that all may come from one machine:
`locust -f tests/load/locustfile.py Searcher --host http://127.0.0.1:8000`; they search in its dataset `library`.
"""

from __future__ import annotations

import itertools
import os
import random
import re
from typing import Any

from locust import FastHttpUser, constant_throughput, task

from tests.load.abuse import ABUSERS, ABUSES_A_SECOND

SUBJECTS = ("dog", "boat", "red car", "mountain", "cup of coffee", "bird", "violin", "train", "flower", "old book")
PLACES = ("on a table", "in the snow", "at night", "by the sea", "in a garden", "in a street", "on grass", "indoors")

DATASET = "library"
SEEN_AT_ONCE = 12
PAUSE = float(os.environ.get("LOAD_PAUSE", "7"))
"""Seconds between two questions of one, on average."""

_PICTURE = re.compile(r'src="(/image/\d+/thumbnail[^"]*)"')
_numbers = itertools.count(1)


class Searcher(FastHttpUser):
    """Asks something new, by the API or as a page with its pictures, looks at what was found, and asks again.

    Pauses as the browsers that TPC-W emulates: exponentially distributed, cut off at ten times the mean.
    """

    def wait_time(self) -> float:
        return min(random.expovariate(1 / PAUSE), 10 * PAUSE)

    def on_start(self) -> None:
        number = next(_numbers)
        self.headers = {"X-Forwarded-For": f"10.1.{number // 250}.{number % 250 + 1}"}

    def _question(self) -> str:
        return f"{random.choice(SUBJECTS)} {random.choice(PLACES)} {random.randrange(1000)}"

    @task(3)
    def ask(self) -> None:
        with self._get("/api/v1/search", "search", dataset=DATASET, q=self._question(), k=20) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")
                return
            hits = answer.json()["hits"]
        if hits:
            address = random.choice(hits)["thumbnail_url"]
            self.client.get(address, name="thumbnail", headers=self.headers)

    @task(1)
    def read(self) -> None:
        with self._get("/search", "page", dataset=DATASET, q=self._question()) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")
                return
            pictures = _PICTURE.findall(answer.text)
        for address in pictures[:SEEN_AT_ONCE]:
            self.client.get(address, name="thumbnail", headers=self.headers)

    def _get(self, path: str, name: str, **parameters: Any) -> Any:
        return self.client.get(path, params=parameters, name=name, headers=self.headers, catch_response=True)


class Abuser(FastHttpUser):
    """One of the connections of a client that asks 200 times a second; being refused (429) is what it should get."""

    fixed_count = ABUSERS
    wait_time = constant_throughput(ABUSES_A_SECOND / ABUSERS)

    @task
    def ask(self) -> None:
        headers = {"X-Forwarded-For": "192.0.2.66"}
        text = f"abuse {random.randrange(1_000_000)}"
        parameters = {"dataset": DATASET, "q": text, "k": 20}
        with self.client.get(
            "/api/v1/search", params=parameters, name="abuse", headers=headers, catch_response=True
        ) as answer:
            if answer.status_code == 429:
                answer.request_meta["name"] = "refused"
                answer.success()
