"""The map of a dataset: the page, its points, and what lies under one point."""

from __future__ import annotations

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from search.errors import UnknownMap
from search.models import Dataset, Image, Projection
from search.projection.points import encode_points
from search.services.map_files import index_of, open_map, points_at
from search.services.parameters import HIGHEST_ID, whole_number
from search.services.project import newest_projection
from search.services.visibility import can_manage
from search.web.access import dataset_or_404, image_or_404
from workers.models import Run


# regl, which draws the map, compiles its draw commands with `Function`; this page alone allows that.
@csp_update({"script-src": ["'self'", "'unsafe-eval'"]})  # type: ignore[arg-type]  # its types know no views with arguments
def explorer_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest map, or how to get one; `image` names an image of the dataset to go to."""
    dataset = dataset_or_404(request, slug)
    projection = newest_projection(dataset)
    chosen = _chosen(request, dataset)
    context = {
        "dataset": dataset,
        "projection": projection,
        "chosen": chosen,
        "chosen_index": _index(chosen, projection) if chosen and projection else None,
        "active_run": dataset.runs.filter(state=Run.State.ACTIVE).first(),
        "can_manage": can_manage(request.user, dataset),
    }
    return render(request, "search/explorer.html", context)


def _chosen(request: HttpRequest, dataset: Dataset) -> Image | None:
    value = request.GET.get("image", "").strip()
    if not value:
        return None
    image = image_or_404(request, whole_number("image", value, low=1, high=HIGHEST_ID))
    if image.dataset_id != dataset.pk:
        raise Http404(f"{dataset.name} has no image {image.pk}.")
    return image


def _index(image: Image, projection: Projection) -> int | None:
    try:
        return index_of(image, projection)
    except UnknownMap:  # this map is being replaced
        return None


def _projection_or_404(request: HttpRequest, slug: str, projection_id: int) -> Projection:
    dataset = dataset_or_404(request, slug)
    found = Projection.objects.select_related("version").filter(pk=projection_id, version__dataset=dataset).first()
    if found is None:
        raise Http404("This map is no longer kept.")
    return found


def map_points(request: HttpRequest, slug: str, projection_id: int) -> HttpResponse:
    """All points, as `search.projection.points` lays them out; a map never changes under its id."""
    content = encode_points(open_map(_projection_or_404(request, slug, projection_id)).coordinates)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


def map_point(request: HttpRequest, slug: str, projection_id: int, index: int) -> JsonResponse:
    """The image under a point and its exact coordinates."""
    projection = _projection_or_404(request, slug, projection_id)
    (found,) = points_at(projection, [index])
    image, x, y = found.image, found.x, found.y
    if image is None:
        raise Http404("This image is gone.")
    return JsonResponse(
        {
            "image_id": image.pk,
            "name": image.name,
            "x": x,
            "y": y,
            "thumbnail": reverse("thumbnail", args=[image.pk]),
            "url": reverse("image", args=[image.pk]),
        },
        headers={"Cache-Control": "private, max-age=3600"},
    )
