"""Selecting points of a map, and what is done with a selection: a grid, a collection, a tag, a download."""

from __future__ import annotations

import json
from typing import cast

from django.contrib.auth.models import User
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.forms import sign_in_first
from clipsite.web.access.throttle import limited
from clipsite.web.collections.add_images import chosen_collection, what_was_added
from clipsite.web.downloads.exports import export_response
from clipsite.web.maps.access import MOST_INDEX, compressed_response, for_scripts, map_or_404
from search.errors import InvalidQuery
from search.explorer.keep_selection import collect_selection, tag_selection
from search.exports.sources import chosen_images
from search.maps.regions import read_region
from search.maps.selections import (
    MapSelection,
    packed_points,
    read_combination,
    ready_ids,
    select,
    selected_images,
    selection_on,
)
from search.models import Dataset
from search.parsing import whole_number
from search.permissions.visibility import can_edit

PAGE_SIZE = 60

_OF_ONE = "private, no-cache"


@require_POST
@for_scripts
@limited
def make_selection(request: HttpRequest, slug: str, projection_id: int) -> JsonResponse:
    """Selects what the body describes: a region, alone or combined with a selection that there is."""
    dataset, projection = map_or_404(request, slug, projection_id)
    body = _body(request)
    selection = select(dataset, projection, request.user, read_region(body), read_combination(body))
    arguments = [slug, projection_id, selection.token]
    return JsonResponse(
        {
            "token": selection.token,
            "count": selection.count,
            "indices_url": reverse("map-selection-points", args=arguments),
            "grid_url": reverse("map-selection", args=arguments),
        }
    )


@require_safe
@for_scripts
def selection_points(request: HttpRequest, slug: str, projection_id: int, token: str) -> HttpResponse:
    """Answers with the selected points: a bit each in map order, the lowest of each byte first."""
    _, selection = _selection(request, slug, projection_id, token)
    return compressed_response(request, packed_points(selection), cached=_OF_ONE)


@require_safe
@for_scripts
def selection_grid(request: HttpRequest, slug: str, projection_id: int, token: str) -> HttpResponse:
    """Renders a page of the selected images, as a part of another page."""
    dataset, selection = _selection(request, slug, projection_id, token)
    cursor = request.GET.get("cursor", "")
    after = whole_number("cursor", cursor, low=0, high=MOST_INDEX) if cursor else -1
    images, following = selected_images(selection, after, PAGE_SIZE)
    context = {
        "dataset": dataset,
        "selection": selection,
        "images": [image for _, image in images],
        "following": following,
        "is_continued": bool(cursor),
    }
    response = render(request, "search/map_selection.html", context)
    response["Cache-Control"] = _OF_ONE
    return response


@require_POST
@for_scripts
def collect(request: HttpRequest, slug: str, projection_id: int, token: str) -> HttpResponseBase:
    """Puts the images into `collection` (its number), or into a new one called `name`."""
    _, selection = _selection(request, slug, projection_id, token)
    if not request.user.is_authenticated:
        return sign_in_first(request, "Sign in to put images into a collection.")
    collection = chosen_collection(request.user, request.POST.get("collection", ""), request.POST.get("name", ""))
    added = collect_selection(selection, collection, request.user)
    message = what_was_added(collection, added, missing=selection.count - added.added - added.already)
    about = {"id": collection.pk, "name": collection.name, "url": reverse("collection", args=[collection.pk])}
    return JsonResponse({"collection": about, "added": added.added, "already": added.already, "message": message})


@require_POST
@for_scripts
def tag(request: HttpRequest, slug: str, projection_id: int, token: str) -> JsonResponse:
    """Gives the images the tag `name`; for editors of the dataset."""
    dataset, selection = _selection(request, slug, projection_id, token)
    if not can_edit(request.user, dataset):
        raise Http404(f"There are no tags of {dataset.name} to change here.")
    name = request.POST.get("name", "").replace("\0", "").strip()
    count = tag_selection(selection, name, cast("User", request.user))
    words = f"{count:,} image{'' if count == 1 else 's'} tagged {name}."
    return JsonResponse({"name": name, "count": count, "message": words})


@require_safe
@for_scripts
def export(request: HttpRequest, slug: str, projection_id: int, token: str, form: str) -> HttpResponseBase:
    """Sends the images as CSV or JSON, or their files as a zip archive."""
    dataset, selection = _selection(request, slug, projection_id, token)
    images = chosen_images(request.user, ready_ids(selection).tolist())
    return export_response(request, images, f"{dataset.name} selection", chosen=form)


def _selection(request: HttpRequest, slug: str, projection_id: int, token: str) -> tuple[Dataset, MapSelection]:
    dataset, projection = map_or_404(request, slug, projection_id)
    return dataset, selection_on(projection, token, request.user)


def _body(request: HttpRequest) -> dict[str, object]:
    try:
        body = json.loads(request.body)
    except RequestDataTooBig as error:
        raise InvalidQuery("This selection is too large to be sent. Draw the line with fewer corners.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidQuery("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise InvalidQuery("The body is not a JSON object.")
    return body
