"""The page of a person's own account, and their mail address."""

from __future__ import annotations

from typing import cast

from allauth.account import views
from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from search.accounts.tokens import valid_tokens


def site_offers(request: HttpRequest) -> dict[str, dict[str, object]]:
    """Gives every template `site_offers`: the ways in which people can sign in and up here."""
    oidc_url = reverse("openid_connect_login", args=["oidc"]) if settings.OIDC_URL else ""
    offers: dict[str, object] = {
        "mail_is_sent": settings.MAIL_IS_SENT,
        "sign_up": settings.SIGN_UP,
        "anonymous": settings.ANONYMOUS,
        "oidc_name": settings.OIDC_NAME if settings.OIDC_URL else "",
        "oidc_url": oidc_url,
    }
    return {"site_offers": offers}


@login_required
def mail_address(request: HttpRequest) -> HttpResponseBase:
    """Shows allauth's page of mail addresses.

    An address that an administrator wrote down counts as confirmed, as for forgotten passwords; otherwise it would be
    gone as soon as somebody asks for another one.
    """
    person = cast("User", request.user)
    known = EmailAddress.objects.filter(Q(user=person) | Q(email__iexact=person.email, verified=True))
    if person.email and not known.exists():
        EmailAddress.objects.create(user=person, email=person.email.lower(), verified=True, primary=True)
    answer: HttpResponseBase = views.email(request)
    return answer


@require_safe
@login_required
@never_cache
def account_page(request: HttpRequest) -> HttpResponse:
    """Shows name, mail address, password, second factor, sessions and tokens."""
    person = cast("User", request.user)
    context = {
        "has_second_factor": is_mfa_enabled(person),
        "session_count": UserSession.objects.filter(user=person).count(),
        "token_count": valid_tokens(person).count(),
        "groups": person.groups.order_by("name"),
    }
    return render(request, "account/account.html", context)
