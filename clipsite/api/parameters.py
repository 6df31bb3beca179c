"""Parameters of addresses as the schema describes them; `search.retrieval.parameters` reads them, as for pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from search.parsing import whole_number
from search.query.syntax import MAX_QUERY
from search.retrieval.parameters import EVERYTHING
from search.retrieval.search import MAX_HITS
from search.values import Order, Orientation

Parameter = dict[str, Any]

DEFAULT_K = 10
DEFAULT_LIMIT = 100
MOST_ROWS = 1000


def parameter(name: str, description: str, *, required: bool = False, example: Any = None, **schema: Any) -> Parameter:
    """One parameter of the address; `schema` is JSON Schema, by default that of a text."""
    described: Parameter = {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": {"type": "string", **schema},
    }
    return described if example is None else described | {"example": example}


def documented(*parameters: Parameter) -> dict[str, Any]:
    """For `openapi_extra`."""
    return {"parameters": list(parameters)}


QUERY = parameter(
    "q",
    "What to look for, in the syntax of docs/query-syntax.md; mostly plain words.",
    required=True,
    example="a dog on a beach",
    minLength=1,
    maxLength=MAX_QUERY,
)
K = parameter("k", "How many hits.", type="integer", minimum=1, maximum=MAX_HITS, default=DEFAULT_K)
CURSOR = parameter("cursor", "What the answer before says leads on; the other parameters must be the same.")
DATASETS = parameter(
    "dataset",
    f"Name or slug of a dataset; may be repeated. `{EVERYTHING}` means all that you may see.",
    required=True,
    example=["holidays"],
    type="array",
    items={"type": "string", "minLength": 1},
    minItems=1,
)
SORT = parameter("sort", "How the hits follow one another.", enum=list(Order), default=Order.RELEVANCE)
MIN_RELEVANCE = parameter(
    "min_relevance",
    "Leave out hits below this score. Without it all come; `relevance_line` says where the relevant ones end.",
    type="number",
    minimum=-1,
    maximum=1,
)
CONDITIONS = (
    parameter("taken_from", "First day on which the picture was taken.", format="date"),
    parameter("taken_until", "Last day on which it was taken.", format="date"),
    parameter("added_from", "First day on which it was added to the dataset.", format="date"),
    parameter("added_until", "Last day on which it was added.", format="date"),
    parameter("orientation", "Its shape.", enum=list(Orientation)),
    parameter("min_side", "Pixels that its shorter side has at least.", type="integer", minimum=1, maximum=1_000_000),
    parameter("name", "A part of its file name or folder.", maxLength=200),
    parameter(
        "tag",
        "A tag that it carries; may be repeated, then it carries each.",
        type="array",
        items={"type": "string", "maxLength": 200},
        maxItems=10,
    ),
    parameter("collection", "Number or name of a collection in which it lies.", maxLength=200),
    parameter("selection", "Token of a selection on a map, in which it lies.", maxLength=200),
    parameter("without_errors", "Leave out images of which a file stands in the error ledger.", enum=["yes", "no"]),
    parameter("collapse", "Of images that are copies of each other, only the best one.", enum=["yes", "no"]),
)
"""What images must be like, in the order of `CONDITION_NAMES`."""


def limit_parameter(most: int = MOST_ROWS, default: int = DEFAULT_LIMIT) -> Parameter:
    """How many rows a page has."""
    return parameter("limit", "How many rows.", type="integer", minimum=1, maximum=most, default=default)


def limit_of(request: HttpRequest, most: int = MOST_ROWS, default: int = DEFAULT_LIMIT) -> int:
    """Raises InvalidQuery."""
    return whole_number("limit", request.GET.get("limit", str(default)), low=1, high=most)


def cursor_of(request: HttpRequest) -> str:
    """Empty for the first page."""
    return request.GET.get("cursor", "")
