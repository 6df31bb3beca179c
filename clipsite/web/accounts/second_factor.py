"""Holds staff back until they have a second factor, where the site asks for one."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from search.accounts.administrators import lacks_second_factor


class SecondFactorMiddleware:
    """Sends staff without a second factor to the page that sets one up; programs with tokens are not concerned."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.STAFF_TWO_FACTOR or request.path.startswith(reverse("account")):
            return self._get_response(request)
        if not lacks_second_factor(request.user):
            return self._get_response(request)
        messages.warning(request, "This site asks its staff for a second factor. Set one up to go on.")
        return redirect("mfa_activate_totp")
