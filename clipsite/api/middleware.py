"""What all answers below /api/ have in common: errors are problems, and nothing is kept by caches."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from clipsite.web.access.throttle import add_rate_headers
from clipsite.web.site.problems import MEDIA_TYPE, problem

_KEPT_HEADERS = ("Allow", "Retry-After")


class ApiMiddleware:
    """Turns pages of errors that were not the API's own into problems: unknown addresses, 405, CSRF, 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not request.path_info.startswith("/api/"):
            return response
        if response.status_code >= 400 and response.headers.get("Content-Type") != MEDIA_TYPE:
            headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
            response = problem(response.status_code, headers=headers)
        response.headers.setdefault("Cache-Control", "private, no-store")
        patch_vary_headers(response, ["Authorization", "Cookie"])
        add_rate_headers(request, response)
        return response
