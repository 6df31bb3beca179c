"""Putting images into a collection: from the page of an image, and from a selection."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clipsite.web.access.forms import back_or, chosen_ids, parse_id, sign_in_first, wants_json
from clipsite.web.site.errors import status_of
from search.collections import collections
from search.collections.collections import AddResult
from search.errors import KeepingRefused, UserError
from search.models import Collection
from search.permissions.visibility import editable_collections, visible_images

OFFERED = 200
_PREVIEWED = 12
_WHY = "Sign in to put images into a collection."


@require_http_methods(["GET", "HEAD", "POST"])
def collect_images(request: HttpRequest) -> HttpResponse:
    """Puts each `image` into `collection` (its number) or a new one of `name`; without these, a page to choose one."""
    if not request.user.is_authenticated:
        return sign_in_first(request, _WHY)
    try:
        return _collect(request, request.user)
    except UserError as error:
        if not wants_json(request):
            raise
        return JsonResponse({"error": str(error)}, status=status_of(error))


@require_safe
def collection_choices(request: HttpRequest) -> HttpResponse:
    """Lists the collections into which the visitor may put images, those made last first."""
    if not request.user.is_authenticated:
        return sign_in_first(request, _WHY)
    choices = [{"id": one.pk, "name": one.name} for one in _offered(request.user)]
    return JsonResponse({"collections": choices})


def _collect(request: HttpRequest, person: User) -> HttpResponse:
    fields = request.POST if request.method == "POST" else request.GET
    ids = chosen_ids(fields.getlist("image"))
    images = visible_images(person).filter(pk__in=ids)
    count = images.count()
    if not count:
        raise Http404("None of these images is here.")
    if request.method != "POST" or not (fields.get("collection") or "name" in fields):
        context = {"images": images[:_PREVIEWED], "count": count, "ids": ids, "collections": _offered(person)}
        return render(request, "search/collect.html", context)
    collection = chosen_collection(person, fields.get("collection", ""), fields.get("name", ""))
    added = collections.add_images(collection, images)
    message = what_was_added(collection, added, missing=len(ids) - count)
    address = reverse("collection", args=[collection.pk])
    if wants_json(request):
        about = {"id": collection.pk, "name": collection.name, "url": address}
        return JsonResponse({"collection": about, "added": added.added, "already": added.already, "message": message})
    messages.success(request, message)
    return back_or(request, address)


def chosen_collection(person: User, number: str, name: str) -> Collection:
    """Returns the collection of that number, or a new one of that name. Raises KeepingRefused."""
    if not number:
        return collections.create_collection(person, name)
    collection_id = parse_id(number)
    collection = editable_collections(person).filter(pk=collection_id).first() if collection_id is not None else None
    if collection is None:
        raise KeepingRefused(f"There is no collection {number[:40]!r} into which you may put images. Choose another.")
    return collection


def _offered(person: User) -> list[Collection]:
    return list(editable_collections(person).order_by("-pk")[:OFFERED])


def what_was_added(collection: Collection, added: AddResult, *, missing: int) -> str:
    """Says what was added, for a person; `missing` images were chosen and are not there."""
    if added.added or not added.already:
        words = f"{added.added:,} image{'' if added.added == 1 else 's'} added to {collection.name}."
        if added.already:
            words += f" {added.already:,} lay in it already."
    elif added.already == 1:
        words = f"It lies in {collection.name} already."
    else:
        words = f"All {added.already:,} lie in {collection.name} already."
    if missing:
        words += f" {missing:,} could not be found."
    return words
