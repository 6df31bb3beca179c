"""The list of collections, the settings of one, and the actions of their forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.forms import chosen_ids, parse_id, sign_in_first
from search.collections import collections
from search.errors import KeepingRefused, UserError
from search.models import Collection, CollectionMember
from search.permissions.visibility import editable_collections, joined_collections, managed_collections

PER_PAGE = 24


@require_safe
def collections_page(request: HttpRequest) -> HttpResponse:
    """Lists the collections of the visitor, and those that others share with them."""
    if not request.user.is_authenticated:
        return sign_in_first(request, "Sign in to see your collections.")
    own, shared = collections.own_and_shared(request.user)
    own_page = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    shared_page = Paginator(shared, PER_PAGE).get_page(request.GET.get("shared"))
    context = {
        "page_obj": own_page,
        "shared_page": shared_page,
        "own": collections.collection_cards(request.user, own_page.object_list),
        "shared": collections.collection_cards(request.user, shared_page.object_list),
    }
    return render(request, "search/collections.html", context)


@require_POST
def create_collection(request: HttpRequest) -> HttpResponse:
    """Creates an empty collection of the visitor."""
    if not request.user.is_authenticated:
        return sign_in_first(request, "Sign in to make a collection.")
    try:
        collection = collections.create_collection(request.user, request.POST.get("name", ""))
    except KeepingRefused as error:
        messages.error(request, str(error))
        return redirect("collections")
    return redirect("collection", collection.pk)


@require_safe
def settings_page(request: HttpRequest, collection_id: int) -> HttpResponse:
    """Shows the settings of a collection (name, people, link, deleting it) to who manages it."""
    collection = managed_collections(request.user).select_related("owner").filter(pk=collection_id).first()
    if collection is None:
        raise Http404(f"There are no settings of a collection {collection_id} here.")
    link = request.build_absolute_uri(reverse("shared", args=[collection.link])) if collection.link else ""
    context = {
        "collection": collection,
        "link": link,
        "members": collection.members.select_related("person"),
        "roles": CollectionMember.Role.choices,
        "count": collections.count_images(collection),
    }
    return render(request, "search/collection_settings.html", context)


@require_POST
def act_on_collection(request: HttpRequest, collection_id: int, action: str) -> HttpResponse:
    """Does the action of a form. For who may not do it the action does not exist."""
    permitted, act = _ACTIONS.get(action, (None, None))
    if permitted is None or act is None:
        raise Http404(f"There is no action {action[:40]!r} on collections.")
    collection = permitted(request.user).filter(pk=collection_id).first()
    if collection is None:
        raise Http404(f"There is no such action on a collection {collection_id} here.")
    try:
        return act(request, collection)
    except UserError as error:
        messages.error(request, str(error))
    return redirect("collection" if action in _OF_THE_PAGE else "collection-settings", collection.pk)


def _rename(request: HttpRequest, collection: Collection) -> HttpResponse:
    collections.rename_collection(collection, request.POST.get("name", ""))
    messages.success(request, f"The collection is called {collection.name} now.")
    return redirect("collection-settings", collection.pk)


def _share(request: HttpRequest, collection: Collection) -> HttpResponse:
    role = request.POST.get("role", CollectionMember.Role.VIEWER)
    member = collections.share_collection(collection, request.POST.get("person", ""), role)
    messages.success(request, f"{member.person} {member.get_role_display()} now.")
    return redirect("collection-settings", collection.pk)


def _unshare(request: HttpRequest, collection: Collection) -> HttpResponse:
    person_id = parse_id(request.POST.get("person", ""))
    if person_id is not None and collections.unshare_collection(collection, person_id):
        messages.success(request, "No longer shared with that person.")
    return redirect("collection-settings", collection.pk)


def _link(request: HttpRequest, collection: Collection) -> HttpResponse:
    had_one = bool(collection.link)
    collections.renew_link(collection)
    what = "There is a new link; the one before leads nowhere now." if had_one else "Whoever has the link can look now."
    messages.success(request, what)
    return redirect("collection-settings", collection.pk)


def _unlink(request: HttpRequest, collection: Collection) -> HttpResponse:
    collections.revoke_link(collection)
    messages.success(request, "The link leads nowhere now.")
    return redirect("collection-settings", collection.pk)


def _delete(request: HttpRequest, collection: Collection) -> HttpResponse:
    collections.delete_collection(collection)
    messages.success(request, f"The collection {collection.name} is deleted. Its images are where they were.")
    return redirect("collections")


def _remove(request: HttpRequest, collection: Collection) -> HttpResponse:
    removed = collections.remove_images(collection, chosen_ids(request.POST.getlist("image")))
    messages.success(request, f"{removed:,} image{'' if removed == 1 else 's'} removed from {collection.name}.")
    return redirect("collection", collection.pk)


def _leave(request: HttpRequest, collection: Collection) -> HttpResponse:
    collections.unshare_collection(collection, cast("User", request.user).pk)
    messages.success(request, f"You left the collection {collection.name}.")
    return redirect("collections")


_Act = Callable[[HttpRequest, Collection], HttpResponse]
_ACTIONS: dict[str, tuple[Callable[..., Any], _Act]] = {
    "rename": (managed_collections, _rename),
    "share": (managed_collections, _share),
    "unshare": (managed_collections, _unshare),
    "link": (managed_collections, _link),
    "unlink": (managed_collections, _unlink),
    "delete": (managed_collections, _delete),
    "remove": (editable_collections, _remove),
    "leave": (joined_collections, _leave),
}
_OF_THE_PAGE = frozenset({"remove", "leave"})
