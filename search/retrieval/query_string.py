"""Query strings of the search page: tidied to be kept, checked before they are kept, and put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from search.errors import InvalidQuery
from search.permissions.visibility import Person
from search.retrieval.filter_request import FILTER_NAMES
from search.retrieval.parameters import EVERYTHING, Parameters
from search.retrieval.request import PageSearchRequest

MAX_CHARACTERS = 4000
"""Longest query string that is kept."""

_PAGE_NAMES = frozenset({"cursor", "page", "csrfmiddlewaretoken"})
"""Parameters that say where in an answer somebody is, and not what was searched for."""

_FIRST_NAMES = ("q", "like", "dataset")


@dataclass(frozen=True, slots=True)
class Description:
    """A search in words: what it looks for, and where and with which filters."""

    words: str
    details: list[str]


def tidy_query(parameters: Parameters) -> str:
    """The query string without empty values; the same search has the same string. Reads no database."""
    values = {name: _non_empty(values) for name, values in parameters.items() if name not in _PAGE_NAMES}
    names = [*(name for name in _FIRST_NAMES if name in values), *sorted(set(values) - set(_FIRST_NAMES))]
    return urlencode([(name, value) for name in names for value in values[name]])


def valid_query(query: str, person: Person) -> str:
    """A tidy query string that names its datasets by slug, so that it means the same when others are added.

    Raises InvalidQuery for a long one, and what reading and resolving a `PageSearchRequest` raise.
    """
    if len(query) > MAX_CHARACTERS:
        raise InvalidQuery(f"This search has {len(query):,} characters; {MAX_CHARACTERS:,} can be kept.")
    parameters = parse_query(query)
    request = PageSearchRequest.read(parameters)
    search = request.resolve(person)
    if not request.is_everything:
        parameters["dataset"] = [dataset.slug for dataset in search.datasets]
    return tidy_query(parameters)


def parse_query(query: str) -> dict[str, list[str]]:
    """The parameters of a query string."""
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.removeprefix("?")):
        parameters.setdefault(name, []).append(value)
    return parameters


def describe(query: str) -> Description:
    """The search in words. Reads no database, so datasets and collections stand there as the query names them."""
    parameters = parse_query(query)
    words = _last(parameters, "q")
    if not words and (like := _last(parameters, "like")):
        words = f"similar to image {like}"
    return Description(words, [detail for detail in _details(parameters) if detail])


def filter_words(name: str, value: str) -> str:
    """A filter in a few words."""
    if name == "selection":
        return "in a selection on a map"
    return value if name == "orientation" else f"{name.replace('_', ' ')} {value}"


def _details(parameters: Mapping[str, Sequence[str]]) -> list[str]:
    datasets = ["in all datasets" if value == EVERYTHING else f"in {value}" for value in parameters.get("dataset", ())]
    filters = [filter_words(name, value) for name in FILTER_NAMES for value in parameters.get(name, ())]
    return datasets + filters


def _last(parameters: Parameters, name: str) -> str:
    values = _non_empty(parameters.get(name, ()))
    return values[-1] if values else ""


def _non_empty(values: Sequence[str]) -> list[str]:
    cleaned = [" ".join(value.replace("\0", "").split()) for value in values]
    return [value for value in cleaned if value]
