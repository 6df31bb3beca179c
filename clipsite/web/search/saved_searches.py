"""Saved searches: the list, what each finds now, and what their owner does with them."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.forms import back_or, sign_in_first
from search.errors import UserError
from search.models import SavedSearch
from search.retrieval.query_string import MAX_CHARACTERS, describe, parse_query, tidy_query
from search.saved_searches import saved_searches

PER_PAGE = 20
GLIMPSED = 6


@require_safe
def searches_page(request: HttpRequest) -> HttpResponse:
    """The visitor's saved searches; what each finds is fetched once it comes into view."""
    if not request.user.is_authenticated:
        return sign_in_first(request, "Sign in to see your saved searches.")
    pages = Paginator(saved_searches.saved_searches(request.user), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(saved, describe(saved.query)) for saved in pages.object_list]
    return render(request, "search/saved_searches.html", {"page_obj": pages, "saved": rows})


@require_POST
def save_search(request: HttpRequest) -> HttpResponse:
    """`query` of the search page, under `name`, or under its own words where that is empty."""
    if not request.user.is_authenticated:
        return sign_in_first(request, "Sign in to save a search.")
    query = request.POST.get("query", "")
    name = request.POST.get("name", "").strip() or describe(query).words[:80]
    try:
        saved = saved_searches.save_search(request.user, name, query)
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Saved as {saved.name}. You find it under Saved searches.")
    return redirect(_search_address(query))


@require_safe
def open_search(request: HttpRequest, search_id: int) -> HttpResponse:
    """The search page with what was saved."""
    return redirect(_search_address(_saved_or_404(request, search_id).query))


@require_safe
def glimpse_of_search(request: HttpRequest, search_id: int) -> HttpResponse:
    """Render how many images it finds now, and the first of them, as a piece of the list."""
    saved = _saved_or_404(request, search_id)
    try:
        context = {"glimpse": saved_searches.glimpse(saved, request.user, k=GLIMPSED)}
    except UserError as error:
        return render(request, "partials/_glimpse.html", {"error": str(error)})
    return render(request, "partials/_glimpse.html", context)


@require_POST
def act_on_search(request: HttpRequest, search_id: int, action: str) -> HttpResponse:
    """Renames or deletes a saved search."""
    saved = _saved_or_404(request, search_id)
    if action not in _ACTIONS:
        raise Http404(f"There is no action {action[:40]!r} on saved searches.")
    try:
        _ACTIONS[action](request, saved)
    except UserError as error:
        messages.error(request, str(error))
    return back_or(request, reverse("saved-searches"))


def _rename(request: HttpRequest, saved: SavedSearch) -> None:
    saved_searches.rename_search(saved, request.POST.get("name", ""))
    messages.success(request, f"The search is called {saved.name} now.")


def _delete(request: HttpRequest, saved: SavedSearch) -> None:
    saved_searches.delete_search(saved)
    messages.success(request, f"The saved search {saved.name} is deleted. The images that it found stay.")


def _saved_or_404(request: HttpRequest, search_id: int) -> SavedSearch:
    saved = saved_searches.saved_searches(request.user).filter(pk=search_id).first()
    if saved is None:
        raise Http404(f"There is no saved search {search_id} here.")
    return saved


def _search_address(query: str) -> str:
    return f"{reverse('search')}?{tidy_query(parse_query(query))}" if len(query) <= MAX_CHARACTERS else reverse("home")


_ACTIONS: dict[str, Callable[[HttpRequest, SavedSearch], None]] = {"rename": _rename, "delete": _delete}
