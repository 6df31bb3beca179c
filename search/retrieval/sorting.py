"""Hits in another order than that of their scores: by date or by name, of the relevant ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from search.errors import InvalidQuery
from search.models import Image
from search.retrieval import ranking
from search.retrieval.ranking import Hit, Page, Source, Window
from search.values import Filters, Float32Array, Order

SORTED = 1000
"""Matches that are put in order at most; what lies further down is too unlike the question to come first."""

ThresholdOf = Callable[[list[float]], float]
"""Computes the relevance threshold from the best scores."""

_NEVER = datetime.max.replace(tzinfo=UTC)

_KEYS: dict[Order, Callable[[Image], Any]] = {
    # An unknown date comes last, whichever way the others stand.
    Order.NEWEST: lambda image: (image.taken_at is None, _reversed(image.taken_at), image.pk),
    Order.OLDEST: lambda image: (image.taken_at or _NEVER, image.pk),
    Order.ADDED_LAST: lambda image: (_reversed(image.added_at), -image.pk),
    Order.ADDED_FIRST: lambda image: (image.added_at, image.pk),
    Order.NAME: lambda image: (image.name.casefold(), image.name, image.pk),
    Order.NAME_REVERSED: lambda image: (image.name.casefold(), image.name, image.pk),
}


def order_named(name: str) -> Order:
    """The order of that name; an empty one means by relevance. Raises InvalidQuery for an order that does not exist."""
    try:
        return Order(name) if name else Order.RELEVANCE
    except ValueError as error:
        raise InvalidQuery(f"There is no order {name[:40]!r}; it is one of {', '.join(Order)}.") from error


def sorted_page(
    query: Float32Array,
    sources: Sequence[Source],
    window: Window,
    filters: Filters,
    leave_out: Sequence[Image],
    order: Order,
    threshold_of: ThresholdOf,
) -> tuple[Page, float]:
    """The relevant hits in another order and the relevance threshold; `rank` is the place in that order.

    Where no hit reaches the threshold, the best hits are put in order.
    """
    # An order needs a set, and every image matches a query a little: so only the best matches are put in order.
    best = ranking.page_of_hits(query, sources, Window(SORTED), filters, leave_out)
    threshold = threshold_of(best.top_scores)
    relevant = [hit for hit in best.hits if hit.score >= threshold] or best.hits
    in_order = sorted(relevant, key=lambda hit: _KEYS[order](hit.image), reverse=order is Order.NAME_REVERSED)
    begin = _begin(in_order, window)
    hits = [Hit(hit.image, hit.score, rank) for rank, hit in enumerate(in_order, start=1)]
    page = hits[begin : begin + window.k]
    return Page(page, begin + len(page) < len(hits), best.totals, best.top_scores, len(hits)), threshold


def notice_of(order: Order, among: int, total: int) -> str:
    """The sentence about a list that was not sorted as a whole; empty where it was."""
    if order is Order.RELEVANCE or among == total:
        return ""
    if among == SORTED:
        return f"Only the {SORTED:,} best of {total:,} matches are sorted and shown."
    return f"Only the {among:,} of {total:,} images that match well are sorted and shown."


def _begin(in_order: Sequence[Hit], window: Window) -> int:
    """The position after the last hit of the page before."""
    # By that hit where it is still there, and not by number: images deleted meanwhile shift nothing.
    for position, hit in enumerate(in_order):
        if hit.image.pk == window.after:
            return position + 1
    return window.offset


def _reversed(moment: datetime | None) -> float:
    return -moment.timestamp() if moment else 0.0
