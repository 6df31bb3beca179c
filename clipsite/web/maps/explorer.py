"""The page of the map of a dataset; what it shows comes from the other modules of this folder."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clipsite.web.access.objects import dataset_or_404, image_or_404
from clipsite.web.maps.drawing import drawing_context
from clipsite.web.search.composer import composed
from search.errors import UserError
from search.maps.draw import newest_projection, projections_of
from search.models import Dataset, Image, Projection
from search.parsing import HIGHEST_ID, whole_number
from search.permissions.visibility import can_edit, can_manage, visible_images
from search.query.question import read_question
from workers.models import Run


def explorer_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows the newest map or the one that `map` names, or how to get one; `image` is gone to, `q` searched for.

    The rest of the address (`x`, `y`, `z`, `near`, `colour`, `hide`, `lasso`, `selection`) is for the page's script.
    """
    dataset = dataset_or_404(request, slug)
    projection, notice = _projection(request, dataset)
    chosen = _selected_image(request, dataset)
    context: dict[str, Any] = {
        "dataset": dataset,
        "projection": projection,
        "notice": notice,
        "active_run": dataset.runs.filter(state=Run.State.ACTIVE).first(),
        "can_edit": can_edit(request.user, dataset),
        "can_manage": can_manage(request.user, dataset),
        "lightbox_named": "open",
    }
    if projection is not None:
        data = _map_data(dataset, projection, can_rename=context["can_edit"])
        data |= {"image": chosen.pk if chosen else None, "chosenName": chosen.name if chosen else ""}
        context |= {"map_data": data, "first_level": f"{data['base']}level/0.bin"}
        context["drawing"] = drawing_context(dataset, projection)
        # What the address says of places means another map.
        data["isOther"] = bool(request.GET.get("map")) and request.GET["map"] != str(projection.pk)
    return render(request, "search/explorer.html", context | _composer(request))


def explorer_composer(request: HttpRequest, slug: str) -> HttpResponse:
    """Renders the search field as it shows the query `q`, for a page that does not load anew."""
    context = {"dataset": dataset_or_404(request, slug)} | _composer(request)
    return render(request, "partials/_search_field.html", context)


def _composer(request: HttpRequest) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()
    if not text:
        return {}
    try:
        return composed(request, read_question(text, partial(visible_images, request.user)))
    except UserError as error:
        return {"query_text": text, "query_error": str(error)}


def _projection(request: HttpRequest, dataset: Dataset) -> tuple[Projection | None, str]:
    """Returns the map that `map` names where it is still kept, else the newest; and what there is to say about that."""
    newest = newest_projection(dataset)
    number = request.GET.get("map", "").strip()
    if newest is None or not number or number == str(newest.pk):
        return newest, ""
    older = next((one for one in projections_of(dataset) if str(one.pk) == number), None)
    if older is None:
        return newest, "The map of this address is no longer kept. This is the newest, with the nearest view of it."
    sentence = (
        f"This is an older map, of index version {older.version.number}; "
        f"the newest is of version {newest.version.number}."
    )
    return older, sentence


def _map_data(dataset: Dataset, projection: Projection, *, can_rename: bool) -> dict[str, Any]:
    """Returns the data of the page's script."""
    return {
        "projection": projection.pk,
        "name": dataset.name,
        "slug": dataset.slug,
        "count": projection.count,
        "layout": projection.layout,
        "base": f"{reverse('explorer', args=[dataset.slug])}{projection.pk}/",
        "page": reverse("explorer", args=[dataset.slug]),
        "search": reverse("search"),
        "composer": reverse("explorer-composer", args=[dataset.slug]),
        "rename": reverse("map-cluster-name", args=[dataset.slug, projection.pk, 0, 0]) if can_rename else "",
    }


def _selected_image(request: HttpRequest, dataset: Dataset) -> Image | None:
    value = request.GET.get("image", "").strip()
    if not value:
        return None
    image = image_or_404(request, whole_number("image", value, low=1, high=HIGHEST_ID))
    if image.dataset_id != dataset.pk:
        raise Http404(f"{dataset.name} has no image {image.pk}.")
    return image
