"""Collections: which there are, made, renamed and deleted. Who may do what, `visibility` decides as for the pages."""

from __future__ import annotations

from typing import Annotated, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from clipsite.api.pagination import CursorQuery, limit_field, page_of
from clipsite.web.access.tokens import reads, writes
from search.collections import collections
from search.collections.collections import CollectionCard
from search.collections.names import LONGEST_NAME
from search.errors import AccessRefused
from search.models import Collection
from search.permissions.visibility import entries_in, managed_collections, visible_collections
from search.retrieval.parameters import WholeNumber

router = Router(auth=reads, tags=["collections"])

MOST_COLLECTIONS = 100
_DEFAULT_COLLECTIONS = 20


class CollectionQuery(CursorQuery):
    """How many rows, and after which."""

    limit: Annotated[int, WholeNumber(1, MOST_COLLECTIONS)] = limit_field(_DEFAULT_COLLECTIONS)


class CollectionRow(TypedDict):
    """A collection. `count` is of the images that you see in it; 10,001 stands for more than 10,000.

    `role` is `owner`, `editor` or `viewer`, or empty where you see it as everybody or as staff.
    """

    id: int
    name: str
    owner: str
    visibility: str
    role: str
    count: int
    url: str
    created_at: str


class CollectionPage(TypedDict):
    """Collections, the newest first; `cursor` leads on, empty at the end."""

    collections: list[CollectionRow]
    cursor: str


class MemberRow(TypedDict):
    """A person with whom a collection is shared."""

    person_id: int
    name: str
    role: str


class CollectionDetail(CollectionRow):
    """A collection. `hidden` images of it you do not see; `members` and `link` are told to who manages it."""

    hidden: int
    manageable: bool
    members: list[MemberRow]
    link: str | None


class NamedCollection(Schema):
    """What the collection is called; its owner has no other of that name."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Summer"}})
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


@router.get(
    "/collections",
    response=CollectionPage,
    url_name="api-collections",
    operation_id="list_collections",
    summary="List collections",
)
def list_collections(request: HttpRequest, query: Query[CollectionQuery]) -> CollectionPage:
    """Yours, those that are shared with you by name, and public ones."""
    own, shared = collections.own_and_shared(request.user)
    page = page_of(
        own | shared,
        by="pk",
        descending=True,
        limit=query.limit,
        cursor=query.cursor,
        key="collections",
    )
    cards = collections.collection_cards(request.user, page.rows)
    return {"collections": [_row(request, card) for card in cards], "cursor": page.cursor}


@router.post(
    "/collections",
    auth=writes,
    response={201: CollectionDetail},
    url_name="api-collections",
    operation_id="create_collection",
    summary="Make a collection",
)
def create(request: HttpRequest, body: NamedCollection, response: HttpResponse) -> CollectionDetail:
    """An empty one, which only you see."""
    made = collections.create_collection(cast("User", request.user), body.name)
    response["Location"] = request.build_absolute_uri(reverse("api-collection", args=[made.pk]))
    return _detail(request, made)


@router.get(
    "/collections/{int:collection_id}",
    response=CollectionDetail,
    url_name="api-collection",
    operation_id="get_collection",
    summary="One collection",
)
def collection(request: HttpRequest, collection_id: int) -> CollectionDetail:
    """How many images you see in it; for who manages it, with whom it is shared."""
    return _detail(request, visible_collection(request, collection_id))


@router.patch(
    "/collections/{int:collection_id}",
    auth=writes,
    response=CollectionDetail,
    url_name="api-collection",
    operation_id="rename_collection",
    summary="Rename a collection",
)
def rename(request: HttpRequest, collection_id: int, body: NamedCollection) -> CollectionDetail:
    """For its owner and staff."""
    collection = managed_collection(request, collection_id)
    collections.rename_collection(collection, body.name)
    return _detail(request, collection)


@router.delete(
    "/collections/{int:collection_id}",
    auth=writes,
    response={204: None},
    url_name="api-collection",
    operation_id="delete_collection",
    summary="Delete a collection",
)
def delete(request: HttpRequest, collection_id: int) -> None:
    """For its owner and staff. Its images stay in their datasets; links to it lead nowhere from then on."""
    collections.delete_collection(managed_collection(request, collection_id))


def visible_collection(request: HttpRequest, collection_id: int) -> Collection:
    """Raises Http404."""
    collection = visible_collections(request.user).select_related("owner").filter(pk=collection_id).first()
    if collection is None:
        raise Http404(f"There is no collection {collection_id} here.")
    return collection


def managed_collection(request: HttpRequest, collection_id: int) -> Collection:
    """Raises Http404, and AccessRefused for who sees the collection but does not manage it."""
    return permitted(managed_collections(request.user), visible_collection(request, collection_id), "its owner")


def permitted(among: QuerySet[Collection], collection: Collection, whose: str) -> Collection:
    """A visible collection, if it is among those. Raises AccessRefused."""
    if not among.filter(pk=collection.pk).exists():
        raise AccessRefused(f"Changing the collection {collection.name!r} so is for {whose} and for staff.")
    return collection


def _row(request: HttpRequest, card: CollectionCard) -> CollectionRow:
    collection = card.collection
    return {
        "id": collection.pk,
        "name": collection.name,
        "owner": collection.owner.get_username(),
        "visibility": collection.visibility,
        "role": card.role,
        "count": card.count,
        "url": request.build_absolute_uri(reverse("collection", args=[collection.pk])),
        "created_at": collection.created_at.isoformat(),
    }


def _detail(request: HttpRequest, collection: Collection) -> CollectionDetail:
    (card,) = collections.collection_cards(request.user, [collection])
    manages = managed_collections(request.user).filter(pk=collection.pk).exists()
    members = collection.members.select_related("person") if manages else []
    return {
        **_row(request, card),
        "hidden": collections.sizes_of(collection, entries_in(collection, request.user)).hidden,
        "manageable": manages,
        "members": [
            {"person_id": member.person_id, "name": member.person.get_username(), "role": member.role}
            for member in members
        ],
        "link": link_address(request, collection) if manages else None,
    }


def link_address(request: HttpRequest, collection: Collection) -> str | None:
    """The public address of a collection; None where it has none."""
    return request.build_absolute_uri(reverse("shared", args=[collection.link])) if collection.link else None
