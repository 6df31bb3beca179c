"""Turning a UserError that a view lets through into a page with its sentence, never a traceback.

The API answers its own, as problems (clipsite/web/site/problems.py).
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from search.errors import (
    AccessRefused,
    BucketUnavailable,
    EncoderUnavailable,
    IndexDamaged,
    InvitationRefused,
    NotSearchable,
    RunRefused,
    ServiceUnavailable,
    TokenRefused,
    TooManyRequests,
    UnknownCollection,
    UnknownDataset,
    UnknownImage,
    UnknownMap,
    UnknownSelection,
    UserError,
    VersionRefused,
)

_STATUS: dict[type[UserError], int] = {
    AccessRefused: 403,
    TokenRefused: 401,
    InvitationRefused: 410,
    TooManyRequests: 429,
    UnknownCollection: 404,
    UnknownDataset: 404,
    UnknownImage: 404,
    UnknownMap: 404,
    UnknownSelection: 404,
    NotSearchable: 409,
    RunRefused: 409,
    VersionRefused: 409,
    BucketUnavailable: 503,
    EncoderUnavailable: 503,
    IndexDamaged: 503,
    ServiceUnavailable: 503,
}
_TITLE = {
    400: "That did not work",
    401: "Not with this token",
    403: "Not allowed",
    404: "Not here",
    409: "Not now",
    410: "No longer open",
    429: "Too fast",
    503: "Not available now",
}


def status_of(error: UserError) -> int:
    """Returns the HTTP status that fits an error; 400 where none is named."""
    return status_of_kind(type(error))


def status_of_kind(kind: type[UserError]) -> int:
    """Returns the HTTP status of all errors of a kind; 400 where none is named."""
    return _STATUS.get(kind, 400)


class UserErrorMiddleware:
    """Turns every UserError that a view raises into a page: one mapping for the whole site."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, UserError):
            return None
        status = status_of(exception)
        context = {"status": status, "title": _TITLE[status], "message": str(exception)}
        response = render(request, "error.html", context, status=status)
        if isinstance(exception, TooManyRequests):
            response["Retry-After"] = str(exception.seconds)
        return response
