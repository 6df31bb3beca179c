"""A client of clipsite's API in one file, which needs nothing but Python 3.11: copy it beside your program.

from clipsite_client import Client

photos = Client("http://127.0.0.1:8000", token="clip_...")
for hit in photos.search("a dog on a beach", dataset="holidays", k=20).hits:
    print(hit.rank, hit.score, hit.name)
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

Condition = str | int | Sequence[str]
"""A value of a parameter; several where it may be repeated, as `tag`."""

MOST_WAITING = 60.0
"""Seconds that a request waits for its turn before it gives up with the Problem of status 429."""


class Problem(Exception):
    """What the site says is wrong: a sentence, the status, and the kind, such as `invalid-query`."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind


@dataclass(frozen=True, slots=True)
class _Record:
    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """What the answer says that this class knows; what later versions of the site add is left out."""
        return cls(**{field.name: answer[field.name] for field in fields(cls) if field.name in answer})


@dataclass(frozen=True, slots=True)
class Dataset(_Record):
    name: str
    slug: str
    visibility: str
    searchable: int
    encoder: str
    index_version: int | None
    manageable: bool
    url: str


@dataclass(frozen=True, slots=True)
class Image(_Record):
    image_id: int
    dataset: str
    name: str
    width: int
    height: int
    format: str
    byte_size: int
    taken_at: str | None
    added_at: str
    url: str
    thumbnail_url: str
    original_url: str
    tags: Sequence[str] = ()
    """Only where a single image was asked for."""


@dataclass(frozen=True, slots=True)
class Hit(_Record):
    rank: int
    score: float
    image_id: int
    dataset: str
    name: str
    url: str
    thumbnail_url: str
    original_url: str


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits of one dataset; `total` counts all images that meet the conditions."""

    hits: list[Hit]
    total: int
    index_version: int
    encoder: str
    notice: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Run(_Record):
    id: int
    kind: str
    state: str
    is_paused: bool
    share: float
    message: str
    failures: int


class Client:
    """Speaks to one site; one object may be used by several threads."""

    def __init__(self, address: str, *, token: str = "", timeout: float = 60.0) -> None:
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"{address!r} is no address of a site; write for example http://127.0.0.1:8000.")
        self._site = address.rstrip("/") + "/"
        self._root = self._site + "api/v1/"
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._timeout = timeout

    def datasets(self) -> Iterator[Dataset]:
        """All that this token may see."""
        return (Dataset.of(row) for row in self._rows("datasets", "datasets", {}))

    def images(self, dataset: str, **conditions: Condition) -> Iterator[Image]:
        """The images of a dataset (its slug) that meet the conditions, fetched as they are taken."""
        return (Image.of(row) for row in self._rows(f"datasets/{dataset}/images", "images", conditions))

    def image(self, image_id: int) -> Image:
        return Image.of(self._get(f"images/{image_id}", {}))

    def search(self, query: str, *, dataset: str, k: int = 10, cursor: str = "", **conditions: Condition) -> Hits:
        """The best k hits in a dataset (its name or slug), or the k that follow a cursor."""
        asked = {"q": query, "dataset": dataset, "k": k, "cursor": cursor, **conditions}
        return _hits(self._get("search", asked))

    def similar(self, image_id: int, *, k: int = 10, cursor: str = "", **conditions: Condition) -> Hits:
        """The images of its dataset that look most like this one."""
        return _hits(self._get(f"images/{image_id}/similar", {"k": k, "cursor": cursor, **conditions}))

    def every_hit(self, query: str, *, dataset: str, **conditions: Condition) -> Iterator[Hit]:
        """Hit after hit, up to 10,000, all from the index version that answered first."""
        cursor = ""
        while True:
            page = self.search(query, dataset=dataset, k=100, cursor=cursor, **conditions)
            yield from page.hits
            cursor = page.cursor
            if not cursor:
                return

    def points(self, dataset: str, projection: int) -> Iterator[tuple[int, float, float]]:
        """Image id, x and y of each point of a map."""
        rows = self._rows(f"datasets/{dataset}/projections/{projection}/points", "points", {"limit": 10_000})
        return ((row["image_id"], row["x"], row["y"]) for row in rows)

    def runs(self, **conditions: Condition) -> Iterator[Run]:
        """The newest first; `dataset` and `state` narrow them down."""
        return (Run.of(row) for row in self._rows("runs", "runs", conditions))

    def start_run(self, dataset: str, kind: str = "index") -> Run:
        """Needs a token with the scope `write` of somebody who manages the dataset."""
        return Run.of(self._ask("POST", f"datasets/{dataset}/runs", body={"kind": kind}))

    def control_run(self, run_id: int, action: str) -> Run:
        """`pause`, `resume` or `cancel`."""
        return Run.of(self._ask("POST", f"runs/{run_id}/{action}"))

    def run(self, run_id: int) -> Run:
        return Run.of(self._get(f"runs/{run_id}", {}))

    def download(self, address: str) -> bytes:
        """A thumbnail or an original, from the addresses in images and hits."""
        if not address.startswith(self._site):
            raise ValueError(f"{address!r} is not on {self._site}, which alone gets the token.")
        return self._bytes(urllib.request.Request(address, headers=self._headers))

    def _rows(self, path: str, name: str, parameters: Mapping[str, Condition]) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self._get(path, {**parameters, "cursor": cursor})
            yield from page[name]
            cursor = page["cursor"]
            if not cursor:
                return

    def _get(self, path: str, parameters: Mapping[str, Condition]) -> dict[str, Any]:
        given = {name: value for name, value in parameters.items() if value != ""}
        return self._ask("GET", f"{path}?{urllib.parse.urlencode(given, doseq=True)}")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        request = urllib.request.Request(self._root + path, data, headers, method=method)
        answer: dict[str, Any] = json.loads(self._bytes(request))
        return answer

    def _bytes(self, request: urllib.request.Request) -> bytes:
        """Asks, and where the site says that this is too often, asks again when it says so."""
        until = time.monotonic() + MOST_WAITING
        while True:
            try:
                with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                    content: bytes = answer.read()
                    return content
            except urllib.error.HTTPError as error:
                wait = float(error.headers.get("Retry-After") or 0)
                if error.code != 429 or time.monotonic() + wait > until:
                    raise _problem(error) from error
                time.sleep(wait)


def _hits(answer: Mapping[str, Any]) -> Hits:
    return Hits(
        hits=[Hit.of(hit) for hit in answer["hits"]],
        total=answer["total"],
        index_version=answer["index_version"],
        encoder=answer["encoder"],
        notice=answer["notice"],
        cursor=answer["cursor"],
    )


def _problem(error: urllib.error.HTTPError) -> Problem:
    try:
        told = json.loads(error.read())
        return Problem(error.code, told["type"].partition("#")[2], told["detail"])
    except (ValueError, KeyError):
        return Problem(error.code, "", f"{error.code} {error.reason}")
