"""Errors of the API as RFC 9457 describes them: `application/problem+json`, the sentence in `detail`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NotRequired

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from typing_extensions import TypedDict

from clipsite.web.site.errors import status_of
from search.errors import AccessRefused, TokenRefused, TooManyRequests, UserError

MEDIA_TYPE = "application/problem+json"
_PLAIN = {
    400: "The request is malformed.",
    403: "This is not allowed.",
    404: "There is no such address in the API. /api/v1/docs lists those that there are.",
    405: "This address exists, but not with this method; the header Allow names those that it knows.",
    413: "The request is too large.",
    500: "Something went wrong here. It is in the log of the site; trying again may help.",
}


class WrongField(TypedDict):
    """A part of the request that makes no sense, and why."""

    where: str
    what: str


class Problem(TypedDict):
    """A problem as the API answers it. `detail` is a sentence for people, `type` tells kinds of problems apart."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[WrongField]]


def problem(
    status: int,
    detail: str = "",
    *,
    kind: str = "",
    errors: Sequence[WrongField] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Builds a problem; without a sentence, it gets the one of its status."""
    title = HTTPStatus(status).phrase
    body: Problem = {
        "type": f"/api/v1/docs#{kind}" if kind else "about:blank",
        "title": title,
        "status": status,
        "detail": detail or _PLAIN.get(status, f"{title}."),
    }
    if errors:
        body["errors"] = list(errors)
    return HttpResponse(json.dumps(body), status=status, content_type=MEDIA_TYPE, headers=dict(headers or {}))


def problem_of(error: UserError) -> HttpResponse:
    """Builds the problem of an error whose message is for people; its kind is the name of its class."""
    return problem(status_of(error), str(error), kind=kind_of(type(error)), headers=_headers(error))


def kind_of(error: type[UserError]) -> str:
    """Returns the kind of an error class in addresses: `InvalidQuery` is `invalid-query`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in error.__name__).lstrip("-")


def _headers(error: UserError) -> dict[str, str]:
    """Returns the headers that RFC 6750 and RFC 6585 ask for."""
    if isinstance(error, TokenRefused):
        return {"WWW-Authenticate": 'Bearer realm="clipsite", error="invalid_token"'}
    if isinstance(error, AccessRefused) and error.scope:
        return {"WWW-Authenticate": f'Bearer realm="clipsite", error="insufficient_scope", scope="{error.scope}"'}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.seconds)}
    return {}


def register(api: NinjaAPI) -> None:
    """Lets the API answer its errors as problems. What is left, such as an unknown address, the middleware answers."""
    for kind in (UserError, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, _answered)


def _answered(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    if isinstance(error, UserError):
        return problem_of(error)
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, HttpError):
        return problem(error.status_code, f"{error.message}.", kind="invalid-request")
    return problem(404, str(error), kind="unknown")


def _invalid(error: ValidationError) -> HttpResponse:
    wrong: list[WrongField] = [
        {"where": ".".join(str(part) for part in one["loc"]), "what": str(one["msg"])} for one in error.errors
    ]
    sentence = "; ".join(f"{one['where']}: {one['what']}" for one in wrong)
    return problem(400, f"The request makes no sense. {sentence}.", kind="invalid-request", errors=wrong)
