"""Reading forms: numbers of rows, chosen images, and whether a script or a browser asks."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from search.errors import KeepingRefused

MOST_CHOSEN = 10_000
_LONGEST_ID = 18
"""The digits of a number that every database holds; a longer one names no row."""


def parse_id(value: str) -> int | None:
    """Returns the number of a row that a form names, or None for what cannot be one."""
    return int(value) if value.isdecimal() and len(value) <= _LONGEST_ID else None


def chosen_ids(values: Sequence[str]) -> list[int]:
    """Returns the ids of chosen images, each once. Raises KeepingRefused for none, too many, and what is no id."""
    if not values:
        raise KeepingRefused("No image is chosen. Choose some first.")
    if len(values) > MOST_CHOSEN:
        raise KeepingRefused(f"{len(values):,} images are chosen; {MOST_CHOSEN:,} at most.")
    wrong = next((value for value in values if parse_id(value) is None), None)
    if wrong is not None:
        raise KeepingRefused(f"{wrong[:40]!r} is no image. Images are named by their number.")
    return list(dict.fromkeys(map(int, values)))


def wants_json(request: HttpRequest) -> bool:
    """Tells whether a script asks, which shows the answer on the page where it is."""
    return "application/json" in request.headers.get("Accept", "")


def sign_in_first(request: HttpRequest, why: str) -> HttpResponse:
    """Sends a visitor who needs an account to the sign-in, from which they come back to the same address."""
    if wants_json(request):
        return JsonResponse({"error": why, "sign_in": reverse("login")}, status=401)
    return redirect(f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}")


def back_or(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Redirects to the address of this site that the form names as `next`, or else to another."""
    # Only to this site: else anybody could hand out links that lead from here to a copy of its sign-in.
    following = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(following, {request.get_host()}, require_https=request.is_secure())
    return redirect(following if following and is_ours else otherwise)
