"""Authentication of the API: a token, a session or nobody, and the scope that an operation needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from clipsite.web.access.throttle import address_of, asker, count_request
from search.accounts.tokens import Scope, note_use, require_scope, token_of
from search.errors import AccessRefused, TokenRefused
from search.models import ApiToken

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of an operation; without a token it is whoever `request.user` is."""

    token: ApiToken | None


class Access(AuthBase):
    """The check of a request against a scope. `request.user` is then the person on whose behalf they ask.

    Raises TokenRefused, AccessRefused or TooManyRequests.
    """

    openapi_type = "http"
    openapi_scheme = "bearer"
    scope: Scope

    def __call__(self, request: HttpRequest) -> Caller:
        secret = bearer(request)
        if secret is not None:
            return self._with_token(request, secret)
        count_request(request, "api", asker(request), most_per_minute(is_known=request.user.is_authenticated))
        if self.scope == Scope.WRITE and not request.user.is_authenticated:
            raise TokenRefused("This needs a token with the scope write, or somebody who is signed in.")
        if request.method not in _SAFE and check_csrf(request) is not None:
            raise AccessRefused(
                "A request of a signed-in browser needs the CSRF token in the header X-CSRFToken. "
                "A program better uses a token."
            )
        return Caller(None)

    def _with_token(self, request: HttpRequest, secret: str) -> Caller:
        try:
            token = token_of(secret)
        except TokenRefused:
            # Wrong tokens count too, so that nobody guesses faster than they may ask.
            count_request(request, "api", f"address:{address_of(request)}", most_per_minute(is_known=False))
            raise
        count_request(request, "api", f"token:{token.pk}", settings.API_PER_MINUTE)
        require_scope(token, self.scope)
        note_use(token)
        request.user = token.owner
        return Caller(token)


def most_per_minute(*, is_known: bool) -> int:
    """Returns how many requests a minute are allowed; 0 is without limit."""
    most: int = settings.API_PER_MINUTE
    of_strangers: int = settings.ANONYMOUS_PER_MINUTE
    return most if is_known or not most or not of_strangers else min(most, of_strangers)


def bearer(request: HttpRequest) -> str | None:
    """Returns the secret of a request; None where it has none, or credentials that are meant for a proxy."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


class Reads(Access):
    scope = Scope.READ


class Searches(Access):
    scope = Scope.SEARCH


class Writes(Access):
    scope = Scope.WRITE


reads, searches, writes = Reads(), Searches(), Writes()


def also_by_token(view: View[P], access: Access = reads) -> View[P]:
    """Decorates a view of the pages that programs ask as well: with a token, it answers as to the token's owner."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if bearer(request) is not None:
            access(request)
        return view(request, *args, **kwargs)

    return checked
