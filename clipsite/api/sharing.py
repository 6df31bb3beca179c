"""Sharing collections: with people by name, and with everybody who has a link."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from clipsite.api.collections import MemberRow, link_address, managed_collection, visible_collection
from clipsite.web.access.tokens import writes
from search.collections import collections
from search.permissions.visibility import joined_collections

router = Router(auth=writes, tags=["collections"])

_LONGEST_PERSON = 150


class ShareWith(Schema):
    """With whom, by the name with which they sign in, and what they may do with the collection."""

    model_config = ConfigDict(json_schema_extra={"example": {"person": "alice", "role": "editor"}})
    person: Annotated[str, Field(min_length=1, max_length=_LONGEST_PERSON)]
    role: Literal["viewer", "editor"] = "viewer"


class Link(TypedDict):
    """Where everybody who has this address sees the collection."""

    link: str | None


@router.post(
    "/collections/{int:collection_id}/members",
    response=MemberRow,
    url_name="api-members",
    operation_id="share_collection",
    summary="Share a collection with somebody",
)
def share(request: HttpRequest, collection_id: int, body: ShareWith) -> MemberRow:
    """For its owner and staff. Shared with the same person again, it changes their role."""
    collection = managed_collection(request, collection_id)
    member = collections.share_collection(collection, body.person, body.role)
    return {"person_id": member.person_id, "name": member.person.get_username(), "role": member.role}


@router.delete(
    "/collections/{int:collection_id}/members/{int:person_id}",
    response={204: None},
    url_name="api-member",
    operation_id="unshare_collection",
    summary="Share a collection with somebody no longer",
)
def unshare(request: HttpRequest, collection_id: int, person_id: int) -> None:
    """For its owner and staff, and for the person, who leaves it so."""
    collection = visible_collection(request, collection_id)
    leaves = person_id == request.user.pk and joined_collections(request.user).filter(pk=collection.pk).exists()
    if not leaves:
        managed_collection(request, collection_id)
    if not collections.unshare_collection(collection, person_id):
        raise Http404(f"The collection {collection.name!r} is not shared with a person {person_id}.")


@router.post(
    "/collections/{int:collection_id}/link",
    response=Link,
    url_name="api-link",
    operation_id="renew_link",
    summary="Make or replace the link of a collection",
)
def renew(request: HttpRequest, collection_id: int) -> Link:
    """For its owner and staff. The link before, if there was one, leads nowhere from then on."""
    collection = managed_collection(request, collection_id)
    collections.renew_link(collection)
    return {"link": link_address(request, collection)}


@router.delete(
    "/collections/{int:collection_id}/link",
    response={204: None},
    url_name="api-link",
    operation_id="revoke_link",
    summary="Revoke the link of a collection",
)
def revoke(request: HttpRequest, collection_id: int) -> None:
    """For its owner and staff. From then on the link leads nowhere; without a link nothing happens."""
    collections.revoke_link(managed_collection(request, collection_id))
