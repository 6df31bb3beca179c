"""Adding a picture to a query, by upload or by address, with or without a script; and showing it beside the query."""

from __future__ import annotations

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.throttle import asker, count_request
from clipsite.web.images.image import HEADERS, SANDBOX
from clipsite.web.search.results import refused
from clipsite.web.site.errors import status_of
from search.errors import BadTerm, UserError
from search.permissions.visibility import visible_datasets
from search.query.pictures import keep_picture, shown_picture
from search.query.syntax import address_term
from search.query.writer import write_value

_OWN_FIELDS = ("q", "address", "csrfmiddlewaretoken")


@require_POST
def add_picture(request: HttpRequest) -> HttpResponse:
    """Takes a file as `picture`, or an `address`.

    Scripts ask for JSON and get the term to write into the query. Forms also send `q` and whatever else the search was
    asked with, and are sent on to the search with the picture added. Counts as a search, since it takes as long.
    """
    if not visible_datasets(request.user).exists():
        raise Http404("There is nothing here to search with a picture.")
    try:
        count_request(request, "page", asker(request), settings.SEARCHES_PER_MINUTE)
        term = _term(request)
    except UserError as error:
        if _wants_json(request):
            return JsonResponse({"error": str(error)}, status=status_of(error))
        request.GET = type(request.GET)(_parameters(request, request.POST.get("q", "")).urlencode())
        return refused(request, error)
    if _wants_json(request):
        return JsonResponse({"term": term}, status=201)
    text = request.POST.get("q", "").strip()
    parameters = _parameters(request, f"{text} + {term}" if text else term)
    return redirect(f"{reverse('search')}?{parameters.urlencode()}")


@csp_replace(SANDBOX)  # type: ignore[arg-type]  # its types know no views with arguments
@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    """A JPEG of ours; knowing its token is the permission to see it."""
    content = shown_picture(token)
    if content is None:
        raise Http404("This picture is not there, or no longer.")
    return HttpResponse(content, content_type="image/jpeg", headers=HEADERS)


def _term(request: HttpRequest) -> str:
    file = request.FILES.get("picture")
    if file is not None:
        return f"upload:{keep_picture(file)}"
    address = request.POST.get("address", "").strip()
    if not address:
        raise BadTerm("Choose a picture, or give the address of one.")
    return write_value(address_term(address))


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _parameters(request: HttpRequest, text: str) -> QueryDict:
    """Return the parameters with which the search goes on: those of the form, with `text` as the query."""
    parameters = request.POST.copy()
    for name in _OWN_FIELDS:
        parameters.pop(name, None)
    if text:
        parameters["q"] = text
    return parameters
