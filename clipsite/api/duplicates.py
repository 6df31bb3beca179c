"""Copies: those of an image, and the groups of a dataset. Equal files and near copies stay apart."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field
from typing_extensions import TypedDict

from clipsite.api.addresses import Addresses
from clipsite.api.images import ImageRow, image_row
from clipsite.api.pagination import CursorQuery, next_place, place_of
from clipsite.web.access.objects import dataset_or_404, image_or_404
from clipsite.web.access.tokens import reads
from search.duplicates.lookup import Kind, duplicates_of, group_page
from search.errors import InvalidQuery
from search.query.cursors import fingerprint
from search.retrieval.parameters import Choice

router = Router(auth=reads, tags=["duplicates"])


class CopyRow(ImageRow):
    """A copy of an image. `kind` is `exact` for an equal file, else `near`; then `cosine` of the embeddings and
    `distance` in bits of the perceptual hashes say how near, null where the two were never compared."""

    kind: str
    cosine: float | None
    distance: int | None


class Copies(TypedDict):
    """Copies of an image in its dataset: equal files first, then the likest."""

    image_id: int
    duplicates: list[CopyRow]


class CopyGroup(TypedDict):
    """Images that are copies of each other, the one to keep first; `count` is of all, of which the first 60 are
    listed."""

    key: str
    count: int
    images: list[ImageRow]


class GroupQuery(CursorQuery):
    """Which kind of copies, and after which group."""

    kind: Annotated[str, Choice(list(Kind))] = Field(
        Kind.NEAR.value, description="Which copies: equal files, or near ones."
    )


class GroupList(TypedDict):
    """Some groups of one kind; `cursor` leads on, empty at the end."""

    dataset: str
    kind: str
    groups: list[CopyGroup]
    cursor: str


@router.get(
    "/images/{int:image_id}/duplicates",
    response=Copies,
    url_name="api-image-duplicates",
    operation_id="list_image_duplicates",
    summary="List copies of an image",
)
def copies(request: HttpRequest, image_id: int) -> Copies:
    """At most 24, as the last search for copies found them."""
    image = image_or_404(request, image_id)
    addresses = Addresses(request)
    rows: list[CopyRow] = [
        {
            **image_row(addresses, copy.image),
            "kind": copy.kind.value,
            "cosine": copy.cosine,
            "distance": copy.distance,
        }
        for copy in duplicates_of(image)
    ]
    return {"image_id": image.pk, "duplicates": rows}


@router.get(
    "/datasets/{slug:slug}/duplicates",
    response=GroupList,
    url_name="api-duplicates",
    operation_id="list_duplicates",
    summary="List groups of copies in a dataset",
)
def groups(request: HttpRequest, slug: str, query: Query[GroupQuery]) -> GroupList:
    """Up to 20 groups an answer."""
    dataset = dataset_or_404(request, slug)
    if query.kind not in set(Kind):
        raise InvalidQuery(f"There is no kind {query.kind[:40]!r} of copies; it is one of {', '.join(Kind)}.")
    kind = Kind(query.kind)
    of_list = fingerprint("duplicates", dataset.pk, kind.value)
    page = group_page(dataset, kind, str(place_of(query.cursor, of_list)) if query.cursor else "")
    addresses = Addresses(request)
    listed: list[CopyGroup] = []
    for group in page.groups:
        for image in group.images:
            image.dataset = dataset
        rows = [image_row(addresses, image) for image in group.images]
        listed.append({"key": group.key, "count": group.count, "images": rows})
    following = next_place(page.following, of_list) if page.following else ""
    return {"dataset": dataset.name, "kind": kind.value, "groups": listed, "cursor": following}
