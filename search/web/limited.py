"""Limits on how often the pages that cost something may be asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from search.web.throttle import address_of, count_request

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def limited(view: View[P]) -> View[P]:
    """A view that searches: counted for each person, or for each address where nobody is signed in."""

    @wraps(view)
    def counted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        person = request.user
        who = f"person:{person.pk}" if person.is_authenticated else f"address:{address_of(request)}"
        count_request(request, "page", who, settings.SEARCHES_PER_MINUTE)
        return view(request, *args, **kwargs)

    return counted
