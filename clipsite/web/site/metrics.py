"""`/metrics` for Prometheus: for addresses and a token that the settings name; for others there is no such page."""

from __future__ import annotations

import ipaddress
from hmac import compare_digest

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from clipsite.web.access.throttle import address_of
from search.metrics import OF_THIS_PROCESS
from workers.status.metrics import SiteCollector

_OF_THE_SITE = CollectorRegistry()
_OF_THE_SITE.register(SiteCollector())


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answers with the figures of the site, then those of the process that happens to answer."""
    if not (_has_token(request) or _is_near(request)):
        raise Http404("There is no such page here.")
    body = generate_latest(_OF_THE_SITE) + generate_latest(OF_THIS_PROCESS)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    expected = f"Bearer {settings.METRICS_TOKEN}"
    header = request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and compare_digest(header.encode(), expected.encode())


def _is_near(request: HttpRequest) -> bool:
    # What comes through a proxy says so; what asks this process directly, as a Prometheus beside it, does not.
    forwarded = "X-Forwarded-For" in request.headers
    if forwarded and not settings.PROXIES:
        return False  # a proxy that the settings do not know: its own address is everybody's
    try:
        address = ipaddress.ip_address(address_of(request) if forwarded else request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_NETWORKS)
