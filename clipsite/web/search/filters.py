"""The panel of filters on the search page, and the chips that take single ones away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

from search.models import Collection, Dataset, Tag
from search.permissions.visibility import visible_collections
from search.retrieval.filter_request import FILTER_NAMES
from search.retrieval.query_string import filter_words
from search.values import Order, Orientation

_LISTED = 200
"""Tags and collections that the panel offers; others can still be typed or come with an address."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in words, and the address of the page without it."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class OrderChoice:
    """An order in words, and the address of the page in it."""

    words: str
    href: str
    is_chosen: bool


_ORDERS: dict[str, str] = {
    Order.RELEVANCE: "relevance",
    Order.NEWEST: "taken, newest first",
    Order.OLDEST: "taken, oldest first",
    Order.ADDED_LAST: "added, newest first",
    Order.ADDED_FIRST: "added, oldest first",
    Order.NAME: "name, A to Z",
    Order.NAME_REVERSED: "name, Z to A",
}


def panel(
    request: HttpRequest, datasets: Sequence[Dataset], collection: Collection | None, *, names_datasets: bool
) -> dict[str, Any]:
    """The filters of this address for the templates, as they stand there, and the addresses that change them.

    `names_datasets`: whether there is a chip for each dataset.
    """
    collections = list(visible_collections(request.user)[:_LISTED])
    if collection is not None and collection not in collections:
        collections.append(collection)
    tags = Tag.objects.filter(dataset__in=datasets).order_by("name").values_list("name", flat=True).distinct()
    return {
        "asked": {name: request.GET.get(name, "") for name in FILTER_NAMES},
        "asked_tags": [tag for tag in request.GET.getlist("tag") if tag.strip()],
        "kept_filters": [
            (name, value) for name in FILTER_NAMES for value in request.GET.getlist(name) if value.strip()
        ],
        "chips": _chips(request.GET, datasets if names_datasets else [], collection),
        "orders": _orders(request.GET),
        "order_words": _ORDERS.get(_order(request.GET), _ORDERS[Order.RELEVANCE]),
        "asked_order": request.GET.get("sort", "").strip(),
        "without_conditions": _without(request.GET, *FILTER_NAMES),
        "orientations": list(Orientation),
        "tag_names": tags[:_LISTED],
        "collections": collections,
    }


def _order(address: QueryDict) -> str:
    return address.get("sort", "").strip() or Order.RELEVANCE


def _orders(address: QueryDict) -> list[OrderChoice]:
    choices = []
    for order, words in _ORDERS.items():
        changed = _first_page(address)
        changed.pop("sort", None)
        if order is not Order.RELEVANCE:
            changed["sort"] = order
        choices.append(OrderChoice(words, f"?{changed.urlencode()}", order == _order(address)))
    return choices


def _chips(address: QueryDict, datasets: Sequence[Dataset], collection: Collection | None) -> list[Chip]:
    chips = [
        Chip(f"in {dataset.name}", _with_datasets(address, [other for other in datasets if other != dataset]))
        for dataset in datasets
    ]
    for name in FILTER_NAMES:
        for value in dict.fromkeys(filter(str.strip, address.getlist(name))):
            chips.append(Chip(_words(name, value, collection), _without_one(address, name, value)))
    return chips


def _words(name: str, value: str, collection: Collection | None) -> str:
    if name == "without_errors":
        return "without errors" if value.strip().lower() in {"yes", "1", "true"} else "errors or not"
    if name == "min_side":
        return f"at least {value} px"
    if name == "name":
        return f"name contains {value}"
    if name == "collapse":
        return "copies collapsed"
    if name == "collection":
        return f"in collection {collection.name if collection else value}"
    if name == "selection":
        return "in a selection on the map"
    return filter_words(name, value)


def _with_datasets(address: QueryDict, datasets: Sequence[Dataset]) -> str:
    changed = _first_page(address)
    changed.setlist("dataset", [dataset.slug for dataset in datasets])
    return f"?{changed.urlencode()}"


def _without_one(address: QueryDict, name: str, value: str) -> str:
    changed = _first_page(address)
    changed.setlist(name, [other for other in changed.getlist(name) if other != value])
    return f"?{changed.urlencode()}"


def _without(address: QueryDict, *names: str) -> str:
    changed = _first_page(address)
    for name in names:
        changed.pop(name, None)
    return f"?{changed.urlencode()}"


def _first_page(address: QueryDict) -> QueryDict:
    """A copy without the cursor and the open image, which belong to this list, and without what asks nothing."""
    copied = QueryDict(mutable=True)
    for name, values in address.lists():
        non_empty = [value for value in values if value.strip()]
        if non_empty and name not in {"cursor", "image"}:
            copied.setlist(name, non_empty)
    return copied
