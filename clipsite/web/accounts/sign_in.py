"""The answers that allauth and axes need: who may make an account, client addresses, the page of who is locked out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clipsite.web.access.throttle import address_of
from search.accounts.invitations import accept, invitation_with
from search.errors import ServiceUnavailable

INVITED = "clipsite.invitation"
"""The key in a visitor's session of the digest of the invitation that they opened."""

_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens there; it stands for a client on a local socket


class AccountAdapter(DefaultAccountAdapter):
    """Lets accounts be made where sign-up is open, and by invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGN_UP or _invited(request) is not None

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        with transaction.atomic():
            saved = cast("User", super().save_user(request, user, form, commit))
            if commit:
                use_invitation(request, saved)
        return saved

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: axes counts by name and address; by the name alone, anybody could lock others out."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_for_axes(request) or _NO_ADDRESS


class SocialAdapter(DefaultSocialAccountAdapter):
    """Lets accounts be made of who comes by single sign-on for the first time."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return settings.OIDC_SIGN_UP or settings.SIGN_UP or _invited(request) is not None

    def get_requests_session(self) -> Any:
        """Returns the session that asks the provider; where that is silent, people get a sentence, not a fault."""
        session = super().get_requests_session()
        session.request = _unless_silent(session.request)
        return session

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        with transaction.atomic():
            saved = cast("User", super().save_user(request, sociallogin, form))
            use_invitation(request, saved)
        return saved


def use_invitation(request: HttpRequest, person: User) -> None:
    """Accepts the invitation that the visitor opened, if any. Raises InvitationRefused where another was faster."""
    digest = request.session.pop(INVITED, None)
    if digest is not None:
        accept(digest, person)


def address_for_axes(request: HttpRequest) -> str | None:
    """Returns the address that `throttle` counts by, or None where it is unknown."""
    address = address_of(request)
    return None if address == "unknown" else address


def locked_out(request: HttpRequest, _response: HttpResponse | None, _credentials: dict[str, Any]) -> HttpResponse:
    """Answers after too many wrong passwords for one name from one address."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = {
        "status": 429,
        "title": "Too many wrong passwords",
        "message": f"{settings.AXES_FAILURE_LIMIT} wrong passwords for this name came from your address. Try again in "
        f"{minutes} minutes, or ask an administrator of this site to let you in earlier.",
    }
    response = render(request, "error.html", context, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response


def _unless_silent(send: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(*arguments: Any, **named: Any) -> Any:
        try:
            return send(*arguments, **named)
        except OSError as error:  # of which those of requests are kinds
            raise ServiceUnavailable(
                f"{settings.OIDC_NAME.capitalize()} does not answer now. Try again later, or use your password."
            ) from error

    return guarded


def _invited(request: HttpRequest) -> Any:
    digest = request.session.get(INVITED)
    return invitation_with(digest) if digest else None
