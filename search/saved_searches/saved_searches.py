"""Saved searches: a name and a query string that is searched anew whenever somebody opens it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet

from search.collections.names import clean_name, unless_taken
from search.errors import KeepingRefused
from search.models import Image, SavedSearch
from search.permissions.visibility import Person
from search.retrieval.query_string import parse_query, valid_query
from search.retrieval.request import PageSearchRequest, Search

MOST_SAVED = 1000
"""Of one person."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The answer of a saved search now: how many images pass its filters, and the first of them."""

    total: int
    images: list[Image]


def saved_searches(person: Person) -> QuerySet[SavedSearch]:
    """Return the person's saved searches, newest first; nobody sees those of others."""
    return SavedSearch.objects.filter(owner_id=person.pk).order_by("-pk") if person.pk else SavedSearch.objects.none()


def save_search(owner: User, name: str, query: str) -> SavedSearch:
    """Keeps a search of the search page under a name.

    Raises KeepingRefused for the name, and what `valid_query` raises for the query.
    """
    name, query = clean_name("search", name), valid_query(query, owner)
    if SavedSearch.objects.filter(owner=owner)[:MOST_SAVED].count() >= MOST_SAVED:
        raise KeepingRefused(f"You have {MOST_SAVED:,} saved searches. Delete one before you save another.")
    with unless_taken("saved search", name):
        return SavedSearch.objects.create(owner=owner, name=name, query=query)


def rename_search(saved: SavedSearch, name: str) -> None:
    """Raises KeepingRefused for a name that is empty, too long or taken."""
    name = clean_name("search", name)
    with unless_taken("saved search", name):
        SavedSearch.objects.filter(pk=saved.pk).update(name=name)
    saved.name = name


def delete_search(saved: SavedSearch) -> None:
    """The search; what it finds stays."""
    saved.delete()


def search_of(saved: SavedSearch, person: Person) -> Search:
    """The search that was saved, as it resolves now. Raises what `valid_query` raises."""
    return PageSearchRequest.read(parse_query(saved.query)).resolve(person)


def glimpse(saved: SavedSearch, person: Person, *, k: int) -> Glimpse:
    """The k best hits and the total. Raises what searching raises, for example for a dataset that is gone."""
    results = search_of(saved, person).run(k=k)
    return Glimpse(results.total, [hit.image for hit in results.hits[:k]])
