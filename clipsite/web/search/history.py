"""The visitor's recent searches: the page, the list below the search field, and forgetting them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.forms import sign_in_first
from search.saved_searches import history

SHOWN = 8
"""Below the search field."""

_WHY = "Sign in to see your recent searches."


@require_safe
def history_page(request: HttpRequest) -> HttpResponse:
    """All recent searches that are kept."""
    if not request.user.is_authenticated:
        return sign_in_first(request, _WHY)
    context = {
        "recent": history.recent_searches(request.user),
        "is_kept": history.keeps_history(request.user),
        "most": history.KEPT,
    }
    return render(request, "search/history.html", context)


@require_safe
def recent(request: HttpRequest) -> HttpResponse:
    """The latest ones, for the list below the search field."""
    if not request.user.is_authenticated:
        return sign_in_first(request, _WHY)
    entries = [
        {
            "words": one.described.words,
            "details": one.described.details,
            "url": f"{reverse('search')}?{one.search.query}",
        }
        for one in history.recent_searches(request.user, SHOWN)
    ]
    return JsonResponse({"searches": entries}, headers={"Cache-Control": "private, no-store"})


@require_POST
def act_on_history(request: HttpRequest, action: str) -> HttpResponse:
    """Forget one search or all, stop keeping them, or start again."""
    if not request.user.is_authenticated:
        return sign_in_first(request, _WHY)
    if action == "forget":
        search_id = request.POST.get("search", "")
        if search_id.isdecimal() and len(search_id) < 19:
            history.forget(request.user, int(search_id))
    elif action == "clear":
        history.forget(request.user)
        messages.success(request, "Your recent searches are forgotten.")
    elif action == "stop":
        history.stop_history(request.user)
        messages.success(request, "Your searches are no longer kept, and those that were are forgotten.")
    elif action == "start":
        history.start_history(request.user)
        messages.success(request, "Your searches are kept from now on. Nobody else sees them.")
    else:
        raise Http404(f"There is no action {action[:40]!r} on the history.")
    return redirect("history")
