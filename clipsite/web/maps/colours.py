"""The columns by which the page of a map colours its points: a number for each, in map order."""

from __future__ import annotations

import gzip

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from clipsite.web.access.throttle import limited
from clipsite.web.maps.access import IMMUTABLE, compressed_response, for_scripts, map_or_404, stored_response
from search.explorer.colours import TOP_TAGS, date_column, date_legend, similarities, tag_column
from search.explorer.hits import search_on_map
from search.parsing import HIGHEST_ID, whole_number
from search.tags.image_tags import offered_tags

_FOR_A_MINUTE = "private, max-age=60"
_ASKED_ANEW = "private, no-cache"  # whoever tags a selection wants to see it
_FAST = 1


@require_safe
@for_scripts
def columns(request: HttpRequest, slug: str, projection_id: int) -> JsonResponse:
    """Lists the columns: the span of dates, and the tags that people gave and those that most images carry."""
    dataset, projection = map_or_404(request, slug, projection_id)
    legend = date_legend(dataset, projection)
    return JsonResponse(
        {
            "date": {"first": legend.first.isoformat(), "last": legend.last.isoformat()} if legend else None,
            "tags": [{"name": tag.name, "count": tag.usage} for tag in offered_tags(dataset, TOP_TAGS)],
        },
        headers={"Cache-Control": _ASKED_ANEW},
    )


@require_safe
@for_scripts
def cluster(request: HttpRequest, slug: str, projection_id: int, number: int) -> HttpResponse:
    """Answers with the cluster of each point at a level, 65535 for none: the plane of low bytes, then of high ones."""
    return stored_response(request, slug, projection_id, f"cluster-{number}")


@require_safe
@for_scripts
def date(request: HttpRequest, slug: str, projection_id: int) -> HttpResponse:
    """Answers with when images were taken: 0 the first, 254 the last, 255 unknown."""
    return compressed_response(request, date_column(*map_or_404(request, slug, projection_id)), cached=IMMUTABLE)


@require_safe
@for_scripts
def tag(request: HttpRequest, slug: str, projection_id: int) -> HttpResponse:
    """Answers with 1 for images that carry the tag `tag`, else 0."""
    dataset, projection = map_or_404(request, slug, projection_id)
    column = tag_column(dataset, projection, request.GET.get("tag", ""))
    return compressed_response(request, column, cached=_ASKED_ANEW)


@require_safe
@for_scripts
@limited
def similarity(request: HttpRequest, slug: str, projection_id: int) -> HttpResponse:
    """Answers with how close every image is to the query `q`; headers say which scores 0 and 255 stand for."""
    dataset, projection = map_or_404(request, slug, projection_id)
    question = search_on_map(dict(request.GET.lists()), dataset, request.user).question
    number = request.GET.get("index_version", "")
    version = whole_number("index_version", number, low=1, high=HIGHEST_ID) if number else None
    column = similarities(dataset, projection, question, version)
    response = compressed_response(request, gzip.compress(column.values.tobytes(), _FAST), cached=_FOR_A_MINUTE)
    response["X-Score-Low"], response["X-Score-High"] = f"{column.low:.6f}", f"{column.high:.6f}"
    return response
