"""The images of collections: listed, put in, taken out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from django.http import Http404, HttpRequest
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from clipsite.api.addresses import Addresses, ImageAddresses
from clipsite.api.collections import permitted, visible_collection
from clipsite.api.pagination import PageQuery, page_of
from clipsite.web.access.forms import MOST_CHOSEN
from clipsite.web.access.tokens import reads, writes
from search.collections import collections
from search.models import Collection, Image
from search.permissions.visibility import editable_collections, entries_in, hidden_datasets, visible_images
from search.query.cursors import fingerprint

router = Router(auth=reads, tags=["collections"])

_HIGHEST_ID = 10**18 - 1


class CollectedImage(ImageAddresses):
    """An image of a collection; of one that you see only because the collection is shared, `dataset` is null, the
    name is without folders, and the addresses lie below the collection."""

    image_id: int
    dataset: str | None
    name: str
    width: int
    height: int
    format: str


class CollectedPage(TypedDict):
    """Images, those put in last first; `cursor` leads on, empty at the end."""

    collection: str
    images: list[CollectedImage]
    cursor: str


class ChosenImages(Schema):
    """Images by their numbers."""

    model_config = ConfigDict(json_schema_extra={"example": {"images": [207, 208]}})
    images: Annotated[list[Annotated[int, Field(ge=1, le=_HIGHEST_ID)]], Field(min_length=1, max_length=MOST_CHOSEN)]


class AddedAnswer(TypedDict):
    """How many images were put in, how many lay there already, and how many you may not see or are not there."""

    added: int
    already: int
    missing: int


class RemovedAnswer(TypedDict):
    """How many images were taken out."""

    removed: int


@router.get(
    "/collections/{int:collection_id}/images",
    response=CollectedPage,
    url_name="api-collected",
    operation_id="list_collected",
    summary="List images of a collection",
)
def images(request: HttpRequest, collection_id: int, query: Query[PageQuery]) -> CollectedPage:
    """Those that you may see there."""
    collection = visible_collection(request, collection_id)
    page = page_of(
        entries_in(collection, request.user),
        by="pk",
        descending=True,
        limit=query.limit,
        cursor=query.cursor,
        key=fingerprint("collected", collection.pk),
    )
    listed = [entry.image for entry in page.rows]
    hidden = hidden_datasets(request.user, {image.dataset_id for image in listed})
    addresses = Addresses(request)
    rows = [
        _hidden_row(request, collection, image) if image.dataset_id in hidden else _row(addresses, image)
        for image in listed
    ]
    return {"collection": collection.name, "images": rows, "cursor": page.cursor}


@router.post(
    "/collections/{int:collection_id}/images",
    auth=writes,
    response=AddedAnswer,
    url_name="api-collected",
    operation_id="add_to_collection",
    summary="Put images into a collection",
)
def add(request: HttpRequest, collection_id: int, body: ChosenImages) -> AddedAnswer:
    """For its owner, people it is shared with as editors, and staff; of images that you may see."""
    collection = _editable_collection(request, collection_id)
    ids = set(body.images)
    added = collections.add_images(collection, visible_images(request.user).filter(pk__in=ids))
    seen = added.added + added.already
    if not seen:
        raise Http404("None of these images is here.")
    return {"added": added.added, "already": added.already, "missing": len(ids) - seen}


@router.post(
    "/collections/{int:collection_id}/images/remove",
    auth=writes,
    response=RemovedAnswer,
    url_name="api-collected-remove",
    operation_id="remove_from_collection",
    summary="Take images out of a collection",
)
def remove(request: HttpRequest, collection_id: int, body: ChosenImages) -> RemovedAnswer:
    """For its owner, people it is shared with as editors, and staff. The images stay in their datasets."""
    collection = _editable_collection(request, collection_id)
    return {"removed": collections.remove_images(collection, set(body.images))}


def _editable_collection(request: HttpRequest, collection_id: int) -> Collection:
    collection = visible_collection(request, collection_id)
    return permitted(editable_collections(request.user), collection, "its owner, its editors")


def _row(addresses: Addresses, image: Image) -> CollectedImage:
    return {
        "image_id": image.pk,
        "dataset": image.dataset.name,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "format": image.format,
        **addresses.of(image.pk),
    }


def _hidden_row(request: HttpRequest, collection: Collection, image: Image) -> CollectedImage:
    page, thumbnail, original = (
        request.build_absolute_uri(reverse(f"collection-{what}", args=[collection.pk, image.pk]))
        for what in ("image", "thumbnail", "original")
    )
    return {
        "image_id": image.pk,
        "dataset": None,
        "name": PurePosixPath(image.name).name,
        "width": image.width,
        "height": image.height,
        "format": image.format,
        "url": page,
        "thumbnail_url": thumbnail,
        "original_url": original,
    }
