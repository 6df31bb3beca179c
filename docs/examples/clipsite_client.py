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
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Collection(_Record):
    id: int
    name: str
    owner: str
    role: str
    count: int
    url: str
    hidden: int = 0
    """Images that you do not see; like `link`, only where a single collection was asked for."""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class CollectedImage(_Record):
    """`dataset` is None where only the collection shows the image."""

    image_id: int
    dataset: str | None
    name: str
    width: int
    height: int
    format: str
    url: str
    thumbnail_url: str
    original_url: str


@dataclass(frozen=True, slots=True)
class SavedSearch(_Record):
    id: int
    name: str
    query: str
    url: str


@dataclass(frozen=True, slots=True)
class Tag(_Record):
    """`confidence` is None where a person gave it."""

    name: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Copy(Image):
    """A copy of an image: `kind` is `exact` or `near`."""

    kind: str = ""
    cosine: float | None = None
    distance: int | None = None


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Copies of each other, the one to keep first; `count` is of all."""

    key: str
    count: int
    images: list[Image]


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

    def collections(self) -> Iterator[Collection]:
        """Yours and those that are shared with you, the newest first."""
        return (Collection.of(row) for row in self._rows("collections", "collections", {}))

    def collection(self, collection_id: int) -> Collection:
        return Collection.of(self._get(f"collections/{collection_id}", {}))

    def create_collection(self, name: str) -> Collection:
        return Collection.of(self._ask("POST", "collections", body={"name": name}))

    def rename_collection(self, collection_id: int, name: str) -> Collection:
        return Collection.of(self._ask("PATCH", f"collections/{collection_id}", body={"name": name}))

    def delete_collection(self, collection_id: int) -> None:
        """The images stay in their datasets."""
        self._ask("DELETE", f"collections/{collection_id}")

    def collected(self, collection_id: int) -> Iterator[CollectedImage]:
        """The images of a collection, those put in last first."""
        return (CollectedImage.of(row) for row in self._rows(f"collections/{collection_id}/images", "images", {}))

    def collect(self, collection_id: int, image_ids: Iterable[int]) -> int:
        """Puts up to 10,000 images in; says how many did not lie there before."""
        body = {"images": list(image_ids)}
        return int(self._ask("POST", f"collections/{collection_id}/images", body=body)["added"])

    def uncollect(self, collection_id: int, image_ids: Iterable[int]) -> int:
        """Takes up to 10,000 images out; says how many lay there."""
        body = {"images": list(image_ids)}
        return int(self._ask("POST", f"collections/{collection_id}/images/remove", body=body)["removed"])

    def share_collection(self, collection_id: int, person: str, role: str = "viewer") -> int:
        """With somebody who signs in by that name, as `viewer` or `editor`; gives the number of the person."""
        body = {"person": person, "role": role}
        return int(self._ask("POST", f"collections/{collection_id}/members", body=body)["person_id"])

    def unshare_collection(self, collection_id: int, person_id: int) -> None:
        self._ask("DELETE", f"collections/{collection_id}/members/{person_id}")

    def renew_link(self, collection_id: int) -> str:
        """An address where everybody sees the collection; the one before leads nowhere from then on."""
        return str(self._ask("POST", f"collections/{collection_id}/link")["link"])

    def revoke_link(self, collection_id: int) -> None:
        self._ask("DELETE", f"collections/{collection_id}/link")

    def saved_searches(self) -> Iterator[SavedSearch]:
        """Yours, the newest first."""
        return (SavedSearch.of(row) for row in self._rows("saved-searches", "saved_searches", {}))

    def saved_search(self, search_id: int) -> SavedSearch:
        return SavedSearch.of(self._get(f"saved-searches/{search_id}", {}))

    def save_search(self, name: str, query: str, *, dataset: str, **conditions: Condition) -> SavedSearch:
        asked = urllib.parse.urlencode({"q": query, "dataset": dataset, **conditions}, doseq=True)
        return SavedSearch.of(self._ask("POST", "saved-searches", body={"name": name, "query": asked}))

    def rename_saved_search(self, search_id: int, name: str) -> SavedSearch:
        return SavedSearch.of(self._ask("PATCH", f"saved-searches/{search_id}", body={"name": name}))

    def delete_saved_search(self, search_id: int) -> None:
        self._ask("DELETE", f"saved-searches/{search_id}")

    def run_saved_search(self, search_id: int, *, k: int = 10, cursor: str = "") -> Hits:
        """What a saved search of one dataset finds now."""
        return _hits(self._get(f"saved-searches/{search_id}/hits", {"k": k, "cursor": cursor}))

    def tags(self, dataset: str, *, limit: int = 100) -> dict[str, int]:
        """The tags on most images of a dataset (its slug), and on how many."""
        answer = self._get(f"datasets/{dataset}/tags", {"limit": limit})
        return {tag["name"]: tag["images"] for tag in answer["tags"]}

    def image_tags(self, image_id: int) -> list[Tag]:
        return [Tag.of(tag) for tag in self._get(f"images/{image_id}/tags", {})["tags"]]

    def add_tag(self, image_id: int, name: str) -> list[Tag]:
        return [Tag.of(tag) for tag in self._ask("POST", f"images/{image_id}/tags", body={"name": name})["tags"]]

    def remove_tag(self, image_id: int, name: str) -> list[Tag]:
        """No run gives the image this tag again."""
        answer = self._ask("POST", f"images/{image_id}/tags/remove", body={"name": name})
        return [Tag.of(tag) for tag in answer["tags"]]

    def copies(self, image_id: int) -> list[Copy]:
        """Equal files first, then the likest."""
        return [Copy.of(row) for row in self._get(f"images/{image_id}/duplicates", {})["duplicates"]]

    def copy_groups(self, dataset: str, kind: str = "near") -> Iterator[CopyGroup]:
        """Groups of copies in a dataset (its slug), `near` or `exact`."""
        for row in self._rows(f"datasets/{dataset}/duplicates", "groups", {"kind": kind}):
            yield CopyGroup(row["key"], row["count"], [Image.of(image) for image in row["images"]])

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
        answer: dict[str, Any] = json.loads(self._bytes(request) or b"{}")
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
