"""Turning a UserError that a view lets through into a page or JSON with its sentence, never a traceback."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from search.errors import (
    EncoderUnavailable,
    IndexDamaged,
    NotSearchable,
    RunRefused,
    ServiceUnavailable,
    UnknownCollection,
    UnknownDataset,
    UnknownImage,
    UserError,
    VersionRefused,
)

_STATUS: dict[type[UserError], int] = {
    UnknownCollection: 404,
    UnknownDataset: 404,
    UnknownImage: 404,
    NotSearchable: 409,
    RunRefused: 409,
    VersionRefused: 409,
    EncoderUnavailable: 503,
    IndexDamaged: 503,
    ServiceUnavailable: 503,
}
_TITLE = {400: "That did not work", 404: "Not here", 409: "Not yet", 503: "Not available now"}


def status_of(error: UserError) -> int:
    """The HTTP status that fits an error; 400 where none is named."""
    return _STATUS.get(type(error), 400)


class UserErrorMiddleware:
    """One mapping from errors to answers for the whole site."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, UserError):
            return None
        status = status_of(exception)
        if request.path.startswith("/api/"):
            return JsonResponse({"error": str(exception)}, status=status)
        context = {"status": status, "title": _TITLE[status], "message": str(exception)}
        return render(request, "error.html", context, status=status)
