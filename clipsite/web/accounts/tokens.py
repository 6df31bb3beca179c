"""The page of a person's own tokens of the API."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from search.accounts.tokens import LONGEST_DAYS, create_token, revoke
from search.errors import InvalidToken
from search.models import ApiToken
from search.parsing import whole_number
from search.permissions.audit_log import ADDED, record

LIFETIMES = ((30, "30 days"), (90, "90 days"), (365, "a year"), (0, "no end"))
_MOST_ROWS = 200
"""The tokens that the page lists; older ones are long revoked."""


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def tokens_page(request: HttpRequest) -> HttpResponse:
    """Shows the tokens, a form for a new one, and once, in answer to the form, its secret: it is stored nowhere."""
    person = cast("User", request.user)
    context: dict[str, Any] = {"scopes": ApiToken.Scope.choices, "lifetimes": LIFETIMES}
    status = 200
    if request.method == "POST":
        try:
            days = whole_number("days", request.POST.get("days", ""), low=0, high=LONGEST_DAYS)
            name, scopes = request.POST.get("name", ""), request.POST.getlist("scope")
            context["token"], context["secret"] = create_token(person, name, scopes, days=days or None)
            record(person, context["token"], f"Made a token for {', '.join(context['token'].scopes)}.", ADDED)
        except InvalidToken as error:
            context |= {"error": str(error), "asked": request.POST, "asked_scopes": request.POST.getlist("scope")}
            status = 400
    context["tokens"] = person.api_tokens.all()[:_MOST_ROWS]
    return render(request, "search/tokens.html", context, status=status)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revokes a token of the person; for others it does not exist."""
    token = cast("User", request.user).api_tokens.filter(pk=token_id).first()
    if token is None:
        raise Http404(f"You have no token {token_id}.")
    if revoke(token):
        record(token.owner, token, "Revoked the token.")
        messages.success(request, f"The token {token.name} is revoked. Programs that use it are refused from now on.")
    return redirect("tokens")
