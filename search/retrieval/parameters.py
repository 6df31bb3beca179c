"""Types of search parameters: each reads its values, refuses them with a sentence, and describes itself to the schema.

Values arrive as text, one or several, from an address, the API or the console. The validators raise InvalidQuery, which
pydantic lets through as it is, so that nobody ever reads pydantic's own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, cast

from pydantic import Field, GetCoreSchemaHandler, PlainValidator, ValidationInfo
from pydantic_core import CoreSchema

from search.errors import InvalidQuery
from search.parsing import HIGHEST_ID, whole_number
from search.retrieval.sorting import order_named
from search.values import Order, Orientation

Parameters = Mapping[str, Sequence[str]]
"""The values of each parameter, as `QueryDict.lists` has them. An empty value asks nothing."""

EVERYTHING = "*"
"""As the value of `dataset`: all datasets that the person may see."""

MAX_TAGS = 10
MAX_CHARACTERS = 200
_LARGEST_SIDE = 1_000_000


def last_of(value: object) -> str:
    """The last value of a parameter that may stand several times, as Django's `QueryDict.get` has it."""
    return value if isinstance(value, str) else cast("Sequence[str]", value or [""])[-1]


def _values(value: object, info: ValidationInfo) -> list[str]:
    values = [value] if isinstance(value, str) else cast("Sequence[str]", value)
    # A database refuses the character NUL, which no name holds.
    stripped = [one.replace("\0", "").strip() for one in values]
    for one in stripped:
        if len(one) > MAX_CHARACTERS:
            raise InvalidQuery(f"The parameter {info.field_name} has {len(one)} characters; {MAX_CHARACTERS} at most.")
    return [one for one in stripped if one]


def _one(value: object, info: ValidationInfo) -> str:
    values = _values(value, info)
    if len(values) > 1:
        raise InvalidQuery(f"The parameter {info.field_name} stands there {len(values)} times; give it once.")
    return values[0] if values else ""


def _distinct(value: object, info: ValidationInfo) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_values(value, info)))


def _tags(value: object, info: ValidationInfo) -> tuple[str, ...]:
    tags = _distinct(value, info)
    if len(tags) > MAX_TAGS:
        raise InvalidQuery(f"There are {len(tags)} tags; {MAX_TAGS} at most.")
    return tags


def _day(value: object, info: ValidationInfo) -> date | None:
    text = _one(value, info)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidQuery(
            f"The parameter {info.field_name} is {text[:40]!r}; it must be a day such as 2026-05-31."
        ) from error
    if not 2 <= day.year <= 9998:  # what lies beyond has no midnight in other time zones
        raise InvalidQuery(f"The parameter {info.field_name} is {text[:40]!r}; no picture is from that year.")
    return day


def _orientation(value: object, info: ValidationInfo) -> Orientation | None:
    text = _one(value, info)
    try:
        return Orientation(text) if text else None
    except ValueError as error:
        raise InvalidQuery(f"There is no orientation {text[:40]!r}; it is one of {', '.join(Orientation)}.") from error


def _side(value: object, info: ValidationInfo) -> int | None:
    text = _one(value, info)
    return whole_number(str(info.field_name), text, low=1, high=_LARGEST_SIDE) if text else None


def _flag(value: object, info: ValidationInfo) -> bool:
    text = _one(value, info).lower()
    if text not in {"", "yes", "no", "1", "0", "true", "false"}:
        raise InvalidQuery(f"The parameter {info.field_name} is {text[:40]!r}; it must be yes or no.")
    return text in {"yes", "1", "true"}


def _order(value: object, info: ValidationInfo) -> Order:
    return order_named(_one(value, info))


def _score(value: object, info: ValidationInfo) -> float | None:
    text = _one(value, info)
    if not text:
        return None
    try:
        score = float(text)
    except ValueError:
        score = float("nan")
    if not -1.0 <= score <= 1.0:  # NaN is in no range
        raise InvalidQuery(f"The parameter {info.field_name} is {text[:40]!r}; it must be a score from -1 to 1.")
    return score


def _image_id(value: object, info: ValidationInfo) -> int | None:
    text = last_of(value).strip()
    return whole_number(str(info.field_name), text, low=1, high=HIGHEST_ID) if text else None


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """Marks a whole number of a range, the last value where several are given: `Annotated[int, WholeNumber(1, 9)]`."""

    low: int
    high: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        validator = PlainValidator(self._read, json_schema_input_type=Annotated[int, Field(ge=self.low, le=self.high)])
        return validator.__get_pydantic_core_schema__(source, handler)

    def _read(self, value: object, info: ValidationInfo) -> int:
        return whole_number(str(info.field_name), last_of(value), low=self.low, high=self.high)


@dataclass(frozen=True, slots=True)
class Choice:
    """Marks a text that the schema describes as one of these values, the last one where several are given.

    Whoever uses it refuses others, with a sentence of its own.
    """

    values: Sequence[str]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        validator = PlainValidator(last_of, json_schema_input_type=one_of(self.values))
        return validator.__get_pydantic_core_schema__(source, handler)


def one_of(values: Sequence[str]) -> Any:
    """The type of a text that JSON Schema describes as one of these values."""
    return Annotated[str, Field(json_schema_extra={"enum": list(values)})]


_SHORT_TEXT = Annotated[str, Field(max_length=MAX_CHARACTERS)]

LastText = Annotated[str, PlainValidator(last_of, json_schema_input_type=str)]
Text = Annotated[str, PlainValidator(_one, json_schema_input_type=_SHORT_TEXT)]
Names = Annotated[
    tuple[str, ...],
    PlainValidator(
        _distinct, json_schema_input_type=Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    ),
]
Tags = Annotated[
    tuple[str, ...],
    PlainValidator(_tags, json_schema_input_type=Annotated[list[_SHORT_TEXT], Field(max_length=MAX_TAGS)]),
]
Day = Annotated[date | None, PlainValidator(_day, json_schema_input_type=date)]
Shape = Annotated[Orientation | None, PlainValidator(_orientation, json_schema_input_type=one_of(list(Orientation)))]
Side = Annotated[
    int | None, PlainValidator(_side, json_schema_input_type=Annotated[int, Field(ge=1, le=_LARGEST_SIDE)])
]
Flag = Annotated[bool, PlainValidator(_flag, json_schema_input_type=one_of(["yes", "no"]))]
Sort = Annotated[Order, PlainValidator(_order, json_schema_input_type=one_of(list(Order)))]
Score = Annotated[float | None, PlainValidator(_score, json_schema_input_type=Annotated[float, Field(ge=-1, le=1)])]
ImageId = Annotated[int | None, PlainValidator(_image_id, json_schema_input_type=int)]
