"""The page of one collection and its images, for who sees it in the library and for who has its link.

Images of datasets that the visitor may not see, and that are shown because the collection is shared, have addresses
below the collection; everything else about them stays hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from clipsite.web.downloads.exports import addresses_of, export_response
from clipsite.web.images.image import DISPLAYABLE, derivative_response, original_response, sandboxed
from search.collections.collections import COUNTED, sizes_of
from search.exports.rows import Addresses
from search.exports.sources import Exported, collected_images
from search.models import Collection, CollectionImage, Image
from search.parsing import HIGHEST_ID, whole_number
from search.permissions.visibility import (
    editable_collections,
    entries_in,
    hidden_datasets,
    linked_collection,
    managed_collections,
    visible_collections,
    visible_datasets,
)

PAGE_SIZE = 60
_OF_LINKS = {"X-Robots-Tag": "noindex", "Cache-Control": "private, no-cache"}
"""The address of a link is its secret: no search engine shall show it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A collection, the address below which the visitor looks at it, and its images that they may look at."""

    collection: Collection
    by_link: bool
    address: str
    entries: QuerySet[CollectionImage]

    def image_or_404(self, image_id: int) -> Image:
        entry = self.entries.filter(image_id=image_id).first()
        if entry is None:
            raise Http404(f"There is no image {image_id} in this collection.")
        return entry.image


def _scope_or_404(request: HttpRequest, collection_id: int, link: str) -> Scope:
    if link:
        collection, address = linked_collection(link), reverse("shared", args=[link])
    else:
        collection = visible_collections(request.user).select_related("owner").filter(pk=collection_id).first()
        address = reverse("collection", args=[collection_id])
    if collection is None:
        raise Http404("There is no such collection here.")
    return Scope(collection, bool(link), address, entries_in(collection, request.user, by_link=bool(link)))


@require_safe
def collection_page(request: HttpRequest, collection_id: int = 0, link: str = "") -> HttpResponse:
    """Shows the images of a collection, those added last first."""
    scope = _scope_or_404(request, collection_id, link)
    before = request.GET.get("before", "")
    entries = scope.entries.order_by("-pk")
    if before:
        entries = entries.filter(pk__lt=whole_number("before", before, low=1, high=HIGHEST_ID))
    some = list(entries[: PAGE_SIZE + 1])
    context = _page_context(request, scope, some[:PAGE_SIZE]) | {
        "following": some[PAGE_SIZE - 1].pk if len(some) > PAGE_SIZE else None,
        "is_continued": bool(before),
    }
    response = render(request, "search/collection.html", context)
    return _unadvertised(response) if scope.by_link else response


def _page_context(request: HttpRequest, scope: Scope, entries: list[CollectionImage]) -> dict[str, Any]:
    collection, person = scope.collection, request.user
    images = [entry.image for entry in entries]
    hidden = hidden_datasets(person, {image.dataset_id for image in images})
    for image in images:
        if image.dataset_id in hidden:
            image.name = PurePosixPath(image.name).name  # its folders belong to the dataset
    can_edit = not scope.by_link and editable_collections(person).filter(pk=collection.pk).exists()
    size = sizes_of(collection, scope.entries)
    return {
        "collection": collection,
        "scope": scope,
        "within": scope.address,
        "hidden_datasets": hidden,
        "images": images,
        "size": size,
        "is_uncounted": size.seen > COUNTED,
        "counted": COUNTED,
        "can_edit": can_edit,
        "can_manage": not scope.by_link and managed_collections(person).filter(pk=collection.pk).exists(),
        "is_member": bool(person.pk) and collection.members.filter(person_id=person.pk).exists(),
        "is_own": collection.owner_id == person.pk,
        "is_editing": can_edit and "edit" in request.GET,
        "searchable": [] if scope.by_link else visible_datasets(person).filter(live_version__isnull=False),
        "kept_filters": [("collection", collection.pk)],
    }


@require_safe
def collected_image(request: HttpRequest, image_id: int, collection_id: int = 0, link: str = "") -> HttpResponse:
    """Shows one image, or leads to its ordinary page where the visitor may see its dataset."""
    scope = _scope_or_404(request, collection_id, link)
    image = scope.image_or_404(image_id)
    if not hidden_datasets(request.user, [image.dataset_id]):
        return redirect("image", image.pk)
    image.name = PurePosixPath(image.name).name
    context = {
        "collection": scope.collection,
        "within": scope.address,
        "image": image,
        "displayable": image.format in DISPLAYABLE,
    }
    return _unadvertised(render(request, "search/collected_image.html", context))


def _unadvertised(response: HttpResponse) -> HttpResponse:
    for name, value in _OF_LINKS.items():
        response[name] = value
    return response


@sandboxed
def collected_thumbnail(request: HttpRequest, image_id: int, collection_id: int = 0, link: str = "") -> HttpResponse:
    """Answers with the derivative of an image of the collection."""
    return derivative_response(request, _scope_or_404(request, collection_id, link).image_or_404(image_id))


@sandboxed
def collected_original(request: HttpRequest, image_id: int, collection_id: int = 0, link: str = "") -> HttpResponseBase:
    """Answers with the original of an image of the collection."""
    return original_response(request, _scope_or_404(request, collection_id, link).image_or_404(image_id))


@require_GET
def export_collection(request: HttpRequest, collection_id: int = 0, link: str = "") -> StreamingHttpResponse:
    """Sends the images of the collection that the visitor may look at, those added last first."""
    scope = _scope_or_404(request, collection_id, link)

    def addresses(one: Exported) -> Addresses:
        if not one.is_hidden:
            return addresses_of(request, one.image)
        page = request.build_absolute_uri(f"{scope.address}image/{one.image.pk}/")
        return {"url": page, "thumbnail_url": f"{page}thumbnail", "original_url": f"{page}original"}

    images = collected_images(request.user, scope.entries)
    return export_response(request, images, scope.collection.name, addresses=addresses)
