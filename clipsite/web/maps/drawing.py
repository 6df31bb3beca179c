"""Drawing maps and deleting them, for who manages the dataset, and naming their clusters, for its editors."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from clipsite.web.access.objects import edited_dataset_or_404, managed_dataset_or_404
from clipsite.web.maps.access import for_scripts
from search.errors import UserError
from search.maps.clusters import rename
from search.maps.draw import delete_projection, projection_of, projections_of
from search.maps.request import NO_SEED, MapRequest, read_parameters
from search.maps.staleness import staleness_of
from search.models import Dataset, MapCluster, Projection
from search.projection.parameters import (
    FEWEST_NEIGHBOURS,
    HIGHEST_SEED,
    MOST_DISTANCE,
    MOST_NEIGHBOURS,
    MapParameters,
    Metric,
)
from workers.models import Run
from workers.runs.start import start_run

_FIELDS = ("neighbours", "min_distance", "metric", "seed")


def drawing_context(dataset: Dataset, projection: Projection | None) -> dict[str, Any]:
    """Returns what `partials/_map_drawing.html` shows as `drawing`: the maps, how stale this one is, the form."""
    parameters = MapParameters.from_json(projection.parameters) if projection else MapParameters()
    return {
        "kept": projections_of(dataset),
        "shown": projection,
        "state": staleness_of(dataset, projection) if projection else None,
        "parameters": parameters,
        "has_seed": parameters.seed is not None,
        "metrics": [metric.value for metric in Metric],
        "fewest_neighbours": FEWEST_NEIGHBOURS,
        "most_neighbours": MOST_NEIGHBOURS,
        "most_distance": MOST_DISTANCE,
        "highest_seed": HIGHEST_SEED,
        "no_seed": NO_SEED,
    }


@require_POST
def draw_map(request: HttpRequest, slug: str) -> HttpResponse:
    """Starts the run that draws the map with the parameters of the form, or with `place` puts new images on it."""
    dataset = managed_dataset_or_404(request, slug)
    try:
        if "place" in request.POST:
            drawing = MapRequest(extends=True)
        else:
            drawing = MapRequest(read_parameters({name: request.POST.get(name, "") for name in _FIELDS}))
        user = cast("User", request.user)
        run = start_run(dataset, Run.Kind.PROJECT, requested_by=user, parameters=drawing.as_json())
    except UserError as error:
        messages.error(request, str(error))
        return redirect("explorer", slug)
    return redirect("run", run.pk)


@require_POST
def delete_map(request: HttpRequest, slug: str, projection_id: int) -> HttpResponse:
    """Deletes one of the maps; a page that shows it learns so when it asks for more."""
    dataset = managed_dataset_or_404(request, slug)
    projection = projection_of(dataset, projection_id)
    if projection is None:
        messages.info(request, "This map was deleted already.")
    else:
        delete_projection(projection)
        messages.success(request, f"The map of {projection.created_at:%Y-%m-%d %H:%M} is deleted.")
    return redirect("explorer", slug)


@require_POST
@for_scripts
def rename_cluster(request: HttpRequest, slug: str, projection_id: int, level: int, number: int) -> HttpResponseBase:
    """Gives a cluster the name `name`, or its words back; answers scripts in JSON, forms by the map."""
    dataset = edited_dataset_or_404(request, slug)
    clusters = MapCluster.objects.filter(projection=projection_id, projection__version__dataset=dataset)
    cluster = clusters.filter(level=level, number=number).first()
    if cluster is None:
        raise Http404("This cluster is no longer there: its map was deleted or drawn anew.")
    rename(cluster, request.POST.get("name", ""))
    if "text/html" in request.headers.get("Accept", ""):  # a form's; that of a script says `*/*`, or JSON
        return redirect(reverse("explorer", args=[slug], query={"map": projection_id}))
    return JsonResponse({"level": level, "number": number, "label": cluster.label, "name": cluster.name})
