"""The schema as a file and as a page, which needs no script and no other server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from clipsite.api.site import api
from clipsite.web.site.errors import status_of_kind
from clipsite.web.site.problems import kind_of
from search.errors import UserError

Schema = dict[str, Any]
_REF = "#/components/"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a member of a body or an answer; `type` in words, `level` its depth below the body."""

    name: str
    type: str
    description: SafeString
    required: bool
    level: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API does."""

    id: str
    method: str
    path: str
    summary: str
    description: SafeString
    scope: str
    is_open: bool
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    answer_words: SafeString
    status: str
    example: str


@dataclass(frozen=True, slots=True)
class Part:
    """Operations on one subject."""

    name: str
    description: str
    operations: list[Operation]


@lru_cache(maxsize=1)
def schema() -> Schema:
    """The whole schema; it depends on nothing but the code."""
    made: Schema = api.get_openapi_schema()
    return made


@require_safe
def schema_file(request: HttpRequest) -> JsonResponse:
    """`openapi.json`."""
    return JsonResponse(schema(), headers={"Cache-Control": "max-age=300"})


@require_safe
def docs_page(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, its answer and a command to try it."""
    root = request.build_absolute_uri("/").rstrip("/")
    context = {"parts": _parts(root), "problems": _problems(), "about": _html(schema()["info"]["description"])}
    return render(request, "search/api_docs.html", context)


def _parts(root: str) -> list[Part]:
    made = [
        (operation["tags"][0], _operation(root, method, path, operation))
        for path, operations in schema()["paths"].items()
        for method, operation in operations.items()
    ]
    return [
        Part(tag["name"], tag["description"], [one for name, one in made if name == tag["name"]])
        for tag in schema()["tags"]
    ]


def _operation(root: str, method: str, path: str, operation: Schema) -> Operation:
    status, answer = next(iter(operation["responses"].items()))
    shape = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=_html(operation.get("description", "")),
        scope=operation["x-scope"],
        is_open={} in operation["security"],
        parameters=[_parameter(one) for one in operation["parameters"]],
        body=list(_members(_body(operation))),
        answer=list(_members(shape)),
        answer_words=_html(_resolved(shape).get("description", "")),
        status=status,
        example=_example(root, method, path, operation),
    )


def _parameter(parameter: Schema) -> Field:
    words = parameter.get("description", "")
    default = parameter["schema"].get("default")
    if default is not None:
        words = f"{words} {default} by default."
    name = parameter["name"] if parameter["in"] == "query" else f"{{{parameter['name']}}}"
    return Field(name, _type(parameter["schema"]), _inline(words.strip()), parameter["required"])


def _body(operation: Schema) -> Schema:
    """The schema of what is sent; empty where nothing is."""
    schema: Schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _members(schema_part: Schema, level: int = 0) -> Iterator[Field]:
    """The members of an object, those of the objects in it below each; of a choice, those of all its objects."""
    resolved = _resolved(schema_part)
    for choice in resolved.get("anyOf", []):
        if "$ref" in choice:
            yield Field(_words(_resolved(choice)), "", _inline(""), False, level)
            yield from _members(choice, level + 1)
    for name, member in resolved.get("properties", {}).items():
        yield Field(
            name, _type(member), _inline(member.get("description", "")), name in resolved.get("required", []), level
        )
        inner = _resolved(member.get("items", member))
        if "properties" in inner:
            yield from _members(inner, level + 1)


def _html(text: str) -> SafeString:
    """Paragraphs, with what stands between backticks as code."""
    return format_html_join("", "<p>{}</p>", ((_inline(paragraph),) for paragraph in text.split("\n\n")))


def _inline(text: str) -> SafeString:
    pieces = enumerate(" ".join(text.split()).split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", one) if odd % 2 else one,) for odd, one in pieces)
    )


def _words(resolved: Schema) -> str:
    return str(resolved.get("description") or resolved.get("title", "")).strip()


def _resolved(schema_part: Schema) -> Schema:
    while "$ref" in schema_part or "allOf" in schema_part:
        if "allOf" in schema_part:
            schema_part = schema_part["allOf"][0]
            continue
        section, name = schema_part["$ref"].removeprefix(_REF).split("/")
        schema_part = schema()["components"][section][name]
    return schema_part


def _type(schema_part: Schema) -> str:
    """In words that people read: `list of text`, `day`, `one of a, b`."""
    if "anyOf" in schema_part:
        return " or ".join(_type(one) for one in schema_part["anyOf"])
    resolved = _resolved(schema_part)
    if "enum" in resolved:
        return "one of " + ", ".join(str(value) for value in resolved["enum"])
    if resolved.get("type") == "array":
        return f"list of {_type(resolved.get('items', {}))}"
    if resolved.get("type") in {"integer", "number"} and "maximum" in resolved:
        return f"{_NAMES[resolved['type']]}, {resolved.get('minimum', 0):,} to {resolved['maximum']:,}"
    if resolved.get("format") == "date":
        return "day, as 2026-05-31"
    return _NAMES.get(resolved.get("type", ""), "anything")


_NAMES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}


def _example(root: str, method: str, path: str, operation: Schema) -> str:
    """A command of curl."""
    for name, value in _PATH_EXAMPLES.items():
        path = path.replace(f"{{{name}}}", value)
    needed = [one for one in operation["parameters"] if one["in"] == "query" and one["required"]]
    arguments = []
    for one in needed:
        value = one["example"][0] if isinstance(one["example"], list) else one["example"]
        arguments.append(f"--data-urlencode '{one['name']}={value}'")
    body = _resolved(_body(operation)).get("example")
    if body:
        arguments.append(f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'")
    how = "curl"
    if method == "get" and arguments:
        how = "curl -G"
    elif method != "get" and (method, bool(body)) != ("post", True):
        how = f"curl -X {method.upper()}"
    return " \\\n  ".join([f'{how} {root}{path} -H "Authorization: Bearer $CLIPSITE_TOKEN"', *arguments])


_PATH_EXAMPLES = {
    "slug": "holidays",
    "image_id": "207",
    "run_id": "12",
    "projection_id": "3",
    "token": "4bT1v0cJq2mXw8nYs6RkZpLd3HfGaEuo",
    "collection_id": "4",
    "search_id": "5",
    "person_id": "2",
}


def _problems() -> list[tuple[str, int, str]]:
    """Kinds of problems: name, status, meaning."""
    own = [
        ("invalid-request", 400, "The body or the address is not as the schema says; `errors` names the parts."),
        ("unknown", 404, "There is no such thing here, or none that you may see."),
    ]
    of_errors = [(kind_of(one), status_of_kind(one), one.__doc__ or "") for one in _kinds_of(UserError)]
    return sorted([*own, *of_errors], key=lambda one: (one[1], one[0]))


def _kinds_of(error: type[UserError]) -> list[type[UserError]]:
    below = error.__subclasses__()
    return [*below, *(kind for one in below for kind in _kinds_of(one))]
