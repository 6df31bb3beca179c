"""A whole search as its parameters ask for it: read, tidied to be kept, and said in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, urlencode

from search.errors import InvalidQuery
from search.models import Dataset
from search.parsing import HIGHEST_ID, whole_number
from search.permissions.visibility import Person, visible_collections, visible_datasets, visible_images
from search.query.question import Question, read_question
from search.retrieval.parameters import (
    CONDITION_NAMES,
    EVERYTHING,
    Parameters,
    conditions_asked,
    datasets_asked,
    order_asked,
    relevance_asked,
)
from search.retrieval.results import Results, without_weaker
from search.retrieval.search import search
from search.values import Order

MOST_CHARACTERS = 4000
"""Of a query string that is kept."""

_OF_A_PAGE = frozenset({"cursor", "page", "csrfmiddlewaretoken"})
"""What says where in an answer somebody is, and not what was asked."""

_FIRST = ("q", "like", "dataset")


@dataclass(frozen=True, slots=True)
class AskedSearch:
    """What to look for, where, how the hits follow one another, and where a person drew the relevance line."""

    question: Question
    datasets: list[Dataset]
    order: Order = Order.RELEVANCE
    min_relevance: float | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """A search in words: what it looks for, and where and with which conditions."""

    words: str
    details: list[str]


def read_search(parameters: Parameters, person: Person) -> AskedSearch:
    """What the search page would do with these parameters.

    Raises InvalidQuery, BadTerm, UnknownImage, UnknownDataset or UnknownCollection.
    """
    conditions = conditions_asked(parameters, partial(visible_collections, person), person).conditions
    question = read_question(query_text(parameters), partial(visible_images, person), conditions)
    datasets = datasets_asked(parameters, visible_datasets(person))
    if not datasets:
        datasets = [question.like.dataset] if question.like is not None else _first_searchable(person)
    return AskedSearch(question, datasets, order_asked(parameters), relevance_asked(parameters))


def answer(asked: AskedSearch, *, k: int, cursor: str = "") -> Results:
    """What is found; weaker matches are left out where a person drew the line. Raises as `query.search` does."""
    results = search(
        asked.question, asked.datasets, k=k, cursor=cursor, order=asked.order, min_relevance=asked.min_relevance
    )
    return results if asked.min_relevance is None else without_weaker(results)


def query_text(parameters: Parameters) -> str:
    """The query, in which `like` is one more image. Raises InvalidQuery for a `like` that is no number."""
    text, like = _last(parameters, "q"), _last(parameters, "like")
    if not like:
        return text
    image = f"image:{whole_number('like', like, low=1, high=HIGHEST_ID)}"
    return f"{text} + {image}" if text else image


def tidy_query(parameters: Parameters) -> str:
    """The query string without what asks nothing; the same search has the same string. Reads no database."""
    given = {name: _given(values) for name, values in parameters.items() if name not in _OF_A_PAGE}
    names = [*(name for name in _FIRST if name in given), *sorted(set(given) - set(_FIRST))]
    return urlencode([(name, value) for name in names for value in given[name]])


def valid_query(query: str, person: Person) -> str:
    """A tidy query string that names its datasets by slug. Raises as `read_search`, and InvalidQuery for a long one."""
    if len(query) > MOST_CHARACTERS:
        raise InvalidQuery(f"This search has {len(query):,} characters; {MOST_CHARACTERS:,} can be kept.")
    parameters = parsed(query)
    asked = read_search(parameters, person)
    if EVERYTHING not in parameters.get("dataset", ()):
        parameters["dataset"] = [dataset.slug for dataset in asked.datasets]
    return tidy_query(parameters)


def parsed(query: str) -> dict[str, list[str]]:
    """The parameters of a query string."""
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.removeprefix("?")):
        parameters.setdefault(name, []).append(value)
    return parameters


def described(query: str) -> Described:
    """Reads no database, so datasets and collections stand there as the query names them."""
    parameters = parsed(query)
    words = _last(parameters, "q")
    if not words and (like := _last(parameters, "like")):
        words = f"similar to image {like}"
    return Described(words, [words for name, words in _details(parameters) if words])


def _details(parameters: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    details = []
    for value in parameters.get("dataset", ()):
        details.append(("dataset", "in all datasets" if value == EVERYTHING else f"in {value}"))
    for name in CONDITION_NAMES:
        for value in parameters.get(name, ()):
            details.append((name, _words(name, value)))
    return details


def _words(name: str, value: str) -> str:
    if name == "selection":
        return "in a selection on a map"
    return value if name == "orientation" else f"{name.replace('_', ' ')} {value}"


def _first_searchable(person: Person) -> list[Dataset]:
    found = visible_datasets(person).filter(live_version__isnull=False).select_related("live_version__encoder")
    return list(found[:1])


def _last(parameters: Parameters, name: str) -> str:
    given = _given(parameters.get(name, ()))
    return given[-1] if given else ""


def _given(values: Sequence[str]) -> list[str]:
    cleaned = [" ".join(value.replace("\0", "").split()) for value in values]
    return [value for value in cleaned if value]
