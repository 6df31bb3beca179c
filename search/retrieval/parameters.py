"""What a search is asked with beside its words: parameters of an address, the API or the command line, read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from search.errors import InvalidQuery
from search.maps.selections import selection_of
from search.models import Collection, Dataset
from search.parsing import whole_number
from search.permissions.visibility import Person, collection_named, dataset_named
from search.retrieval.sorting import order_named
from search.values import Filters, Order, Orientation

Parameters = Mapping[str, Sequence[str]]
"""The values of each parameter, as `QueryDict.lists` has them. An empty value asks nothing."""

EVERYTHING = "*"
"""As the value of `dataset`: all datasets that the person may see."""

CONDITION_NAMES = (
    "taken_from",
    "taken_until",
    "added_from",
    "added_until",
    "orientation",
    "min_side",
    "name",
    "tag",
    "collection",
    "selection",
    "without_errors",
    "collapse",
)
FLAGS = frozenset({"without_errors", "collapse"})
"""Filters that are asked for or not."""

ORDER_NAME = "sort"
_MOST_TAGS = 10
_LONGEST = 200
_LARGEST_SIDE = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """The conditions and the collection that they name, which the person may see."""

    conditions: Filters
    collection: Collection | None


def relevance_asked(parameters: Parameters) -> float | None:
    """The score that takes the place of the relevance line, or None. Raises InvalidQuery."""
    value = _one(parameters, "min_relevance")
    if not value:
        return None
    try:
        score = float(value)
    except ValueError:
        score = float("nan")
    if not -1.0 <= score <= 1.0:
        raise InvalidQuery(f"The parameter min_relevance is {value[:40]!r}; it must be a score from -1 to 1.")
    return score


def datasets_asked(parameters: Parameters, among: QuerySet[Dataset]) -> list[Dataset]:
    """The datasets that `dataset` names, each once, in that order; for `*` all of them; none where it is missing.

    Raises UnknownDataset.
    """
    names = list(dict.fromkeys(_given(parameters, "dataset")))
    if EVERYTHING in names:
        return list(among)
    found = [dataset_named(name, among) for name in names]
    return list({dataset.pk: dataset for dataset in found}.values())


def asks_for_several(parameters: Parameters) -> bool:
    """Whether the answer is one of several datasets, however many there are."""
    names = set(_given(parameters, "dataset"))
    return EVERYTHING in names or len(names) > 1


def conditions_asked(
    parameters: Parameters, collections: Callable[[], QuerySet[Collection]], person: Person | None
) -> Asked:
    """What images must be like. Dates are days in the site's time zone, the last one included.

    `person` is who asks, or None on the console. Raises InvalidQuery for a value that makes no sense,
    UnknownCollection and UnknownSelection for what the person may not see.
    """
    taken_from, taken_until = _days(parameters, "taken")
    added_from, added_until = _days(parameters, "added")
    orientation, side = _one(parameters, "orientation"), _one(parameters, "min_side")
    tags = tuple(dict.fromkeys(_given(parameters, "tag")))
    if len(tags) > _MOST_TAGS:
        raise InvalidQuery(f"There are {len(tags)} tags; {_MOST_TAGS} at most.")
    named = _one(parameters, "collection")
    collection = collection_named(named, collections()) if named else None
    token = _one(parameters, "selection")
    conditions = Filters(
        taken_from=taken_from,
        taken_until=taken_until,
        added_from=added_from,
        added_until=added_until,
        orientation=_orientation(orientation) if orientation else None,
        shorter_side_from=whole_number("min_side", side, low=1, high=_LARGEST_SIDE) if side else None,
        name_contains=_one(parameters, "name"),
        tags=tags,
        collection=collection.pk if collection else None,
        selection=selection_of(token, person).token if token else "",
        without_errors=_flag(parameters, "without_errors"),
        is_collapsed=_flag(parameters, "collapse"),
    )
    return Asked(conditions, collection)


def order_asked(parameters: Parameters) -> Order:
    """How the hits are to follow one another. Raises InvalidQuery."""
    return order_named(_one(parameters, ORDER_NAME))


def _given(parameters: Parameters, name: str) -> Iterator[str]:
    for value in parameters.get(name, ()):
        # A database refuses the character NUL, which no name holds.
        cleaned = value.replace("\0", "").strip()
        if len(cleaned) > _LONGEST:
            raise InvalidQuery(f"The parameter {name} has {len(cleaned)} characters; {_LONGEST} at most.")
        if cleaned:
            yield cleaned


def _one(parameters: Parameters, name: str) -> str:
    given = list(_given(parameters, name))
    if len(given) > 1:
        raise InvalidQuery(f"The parameter {name} stands there {len(given)} times; give it once.")
    return given[0] if given else ""


def _flag(parameters: Parameters, name: str) -> bool:
    value = _one(parameters, name).lower()
    if value not in {"", "yes", "no", "1", "0", "true", "false"}:
        raise InvalidQuery(f"The parameter {name} is {value[:40]!r}; it must be yes or no.")
    return value in {"yes", "1", "true"}


def _orientation(value: str) -> Orientation:
    try:
        return Orientation(value)
    except ValueError as error:
        raise InvalidQuery(f"There is no orientation {value[:40]!r}; it is one of {', '.join(Orientation)}.") from error


def _days(parameters: Parameters, what: str) -> tuple[datetime | None, datetime | None]:
    """The first moment of the first day and the first one after the last day."""
    first, last = _day(parameters, f"{what}_from"), _day(parameters, f"{what}_until")
    if first and last and first > last:
        raise InvalidQuery(f"The parameter {what}_from ({first}) lies after {what}_until ({last}); exchange them.")
    return _midnight(first) if first else None, _midnight(last + timedelta(days=1)) if last else None


def _day(parameters: Parameters, name: str) -> date | None:
    value = _one(parameters, name)
    if not value:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise InvalidQuery(f"The parameter {name} is {value[:40]!r}; it must be a day such as 2026-05-31.") from error
    if not 2 <= day.year <= 9998:  # what lies beyond has no midnight in other time zones
        raise InvalidQuery(f"The parameter {name} is {value[:40]!r}; no picture is from that year.")
    return day


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
