"""The maps that a request names, and answers to the scripts of a map: errors are problems, as in the API."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from clipsite.web.access.objects import dataset_or_404
from clipsite.web.site.problems import problem, problem_of
from search.errors import UnknownMap, UserError
from search.maps.draw import projection_of
from search.maps.files import open_map
from search.models import Dataset, Projection

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

IMMUTABLE = "private, max-age=31536000, immutable"
"""The caching of a file of a map, which never changes under its address."""

OCTETS = "application/octet-stream"
MOST_INDEX = 10**9
"""A map index beyond every map."""


def for_scripts(view: View[P]) -> View[P]:
    """Decorates a view for scripts: its errors are problems with a sentence for people, and no pages."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except UserError as error:
            return problem_of(error)
        except Http404 as error:
            return problem(404, str(error), kind="unknown")

    return answered


def map_or_404(request: HttpRequest, slug: str, projection_id: int) -> tuple[Dataset, Projection]:
    """Returns a dataset that the visitor may see, and one of its maps. Raises UnknownMap where that is gone."""
    dataset = dataset_or_404(request, slug)
    projection = projection_of(dataset, projection_id)
    if projection is None:
        raise UnknownMap("This map is no longer kept. Reload the page to open the newest one.")
    return dataset, projection


def stored_response(request: HttpRequest, slug: str, projection_id: int, name: str) -> HttpResponse:
    """Answers with a file of a map, which was compressed when the map was drawn. Raises UnknownMap."""
    _, projection = map_or_404(request, slug, projection_id)
    return compressed_response(request, open_map(projection).compressed(name), cached=IMMUTABLE)


def compressed_response(request: HttpRequest, content: bytes, *, cached: str) -> HttpResponse:
    """Answers with content that gzip compressed, unpacked for the rare client that does not take it."""
    headers = {"Cache-Control": cached, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return HttpResponse(content, content_type=OCTETS, headers=headers)
