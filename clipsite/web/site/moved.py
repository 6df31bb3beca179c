"""The state of the site has moved to the page of the runs; the address that people know leads there."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect


def status_page(request: HttpRequest) -> HttpResponse:
    """Staff only; for others there is no such page."""
    if not getattr(request.user, "is_staff", False):
        raise Http404("There is no such page here.")
    return redirect("dashboard")
