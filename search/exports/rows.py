"""Exported images as rows: CSV and JSON, line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypedDict

from search.exports.csv_safety import BYTE_ORDER_MARK, csv_line
from search.exports.sources import Exported


class Addresses(TypedDict):
    """Returns the address of an image on the site; empty on the console, which knows no address."""

    url: str
    thumbnail_url: str
    original_url: str


AddressesOf = Callable[[Exported], Addresses]


class ExportRow(TypedDict):
    """One image; rank, score, encoder and version only of hits. Scores are cosine similarities."""

    rank: int | None
    score: float | None
    image_id: int
    name: str
    dataset: str
    encoder: str
    index_version: int | None
    width: int
    height: int
    taken_at: str
    sha256: str
    url: str
    thumbnail_url: str
    original_url: str


def no_addresses(_one: Exported) -> Addresses:
    """For who has no site to link to."""
    return {"url": "", "thumbnail_url": "", "original_url": ""}


def csv_lines(query: str, images: Iterable[Exported], addresses: AddressesOf) -> Iterator[str]:
    """A heading and one line an image; the query stands in each, so that lines of several exports can be mixed."""
    yield BYTE_ORDER_MARK + csv_line(["query", *ExportRow.__annotations__])
    for one in images:
        yield csv_line([query, *_row(one, addresses).values()])


def json_lines(
    query: str,
    images: Iterable[Exported],
    addresses: AddressesOf,
    *,
    exported_at: datetime,
    notices: Sequence[str] = (),
) -> Iterator[str]:
    """One object, an image a line. `notices` are read last, when a search has said all that it has to say."""
    head = {"query": query, "exported_at": exported_at.isoformat(timespec="seconds")}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "images": ['
    separator = "\n"
    for one in images:
        yield separator + json.dumps(_row(one, addresses), ensure_ascii=False)
        separator = ",\n"
    yield '\n], "notices": ' + json.dumps(list(notices), ensure_ascii=False) + "}\n"


def _row(one: Exported, addresses: AddressesOf) -> ExportRow:
    image = one.image
    return {
        "rank": one.rank,
        "score": None if one.score is None else round(one.score, 6),
        "image_id": image.pk,
        "name": one.name,
        "dataset": one.dataset,
        "encoder": one.encoder,
        "index_version": one.index_version,
        "width": image.width,
        "height": image.height,
        "taken_at": image.taken_at.isoformat() if image.taken_at else "",
        "sha256": image.checksum,
        **addresses(one),
    }
