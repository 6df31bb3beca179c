"""Throttling requests: who counts as one client, and the rate headers of an answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from clipsite.web.access.rate_limits import Allowance, take
from search.errors import TooManyRequests

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

_ALLOWANCE = "clipsite.allowance"
_NETWORK_OF_ONE = 64
"""The bits of an IPv6 address that name a customer's network: one customer has all addresses below."""


def count_request(request: HttpRequest, what: str, who: str, per_minute: int) -> None:
    """Counts the request, and stores what is left for the headers of the answer. Raises TooManyRequests."""
    allowance = take(what, who, per_minute)
    if allowance is None:
        return
    request.META[_ALLOWANCE] = what, allowance
    if not allowance.is_granted:
        seconds = allowance.seconds_to_next
        raise TooManyRequests(
            f"Too many requests: {per_minute:,} a minute are allowed. Ask again in {seconds} "
            f"second{'' if seconds == 1 else 's'}.",
            seconds=seconds,
        )


def limited(view: View[P]) -> View[P]:
    """Decorates a page that searches, so that its requests are counted: it costs more than others."""

    @wraps(view)
    def counted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        count_request(request, "page", asker(request), settings.SEARCHES_PER_MINUTE)
        return view(request, *args, **kwargs)

    return counted


def asker(request: HttpRequest) -> str:
    """Returns the client that asks without a token: a person, or an address where nobody is signed in."""
    person = request.user
    return f"person:{person.pk}" if person.is_authenticated else f"address:{address_of(request)}"


def address_of(request: HttpRequest) -> str:
    """Returns the address of the client: as the outermost of our own proxies saw it, of IPv6 the network."""
    peer: str = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        forwarded = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")]
        # Each proxy adds whom it heard from at the end; what stands before the last of ours, anybody can make up.
        peer = forwarded[-settings.PROXIES] if len(forwarded) >= settings.PROXIES else peer
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, _NETWORK_OF_ONE), strict=False).network_address)
        address = address.ipv4_mapped
    return str(address)


def add_rate_headers(request: HttpRequest, response: HttpResponse) -> None:
    """Adds the fields of draft-ietf-httpapi-ratelimit-headers, where the request was counted."""
    counted: tuple[str, Allowance] | None = request.META.get(_ALLOWANCE)
    if counted is None:
        return
    what, allowance = counted
    until = allowance.seconds_to_full if allowance.is_granted else allowance.seconds_to_next
    response["RateLimit-Policy"] = f'"{what}";q={allowance.per_minute};w=60'
    response["RateLimit"] = f'"{what}";r={allowance.remaining};t={until}'
