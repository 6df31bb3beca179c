"""The OpenAPI schema, completed with what all operations have in common: errors, ways to sign in, limits."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from clipsite import __version__
from clipsite.web.access.tokens import Reads, Searches, Writes
from clipsite.web.site.problems import MEDIA_TYPE, Problem
from search.accounts.tokens import PREFIX, Scope
from search.models import ApiToken

Schema = dict[str, Any]

_ERRORS = {
    "400": "A parameter or the body makes no sense.",
    "401": "The token is unknown, expired or revoked, or one is needed.",
    "403": "The token lacks the scope, or its owner may see this but not do it.",
    "404": "There is no such thing, or none that you may see.",
    "409": "Not as things stand: nothing is indexed yet, or a run is active.",
    "429": "Too many requests; Retry-After says when to ask again.",
    "503": "An encoder, an index or Valkey is not available now.",
}
_TAGS = {
    "datasets": "Collections of images, and the index versions that answer for them.",
    "images": "Single images.",
    "search": "Images by meaning.",
    "saved-searches": "Searches that are kept under a name and stay live.",
    "collections": "Images that people put together, for themselves or shared.",
    "tags": "Words that images carry, given by people and by the encoder.",
    "duplicates": "Equal files and near copies.",
    "runs": "Background work on datasets.",
    "failures": "Files that cannot be used, and why.",
    "projections": "Maps of datasets.",
}


def completed(schema: Schema) -> Schema:
    """The schema with errors, limits and ways to sign in."""
    schema["info"]["version"] = __version__
    components = schema["components"]
    # Ninja lists the models of query parameters as well, to which nothing refers.
    answers = json.dumps(schema["paths"]) + json.dumps(components["schemas"])
    components["schemas"] = {
        name: model for name, model in components["schemas"].items() if f'schemas/{name}"' in answers
    } | _problem_schemas()
    components["responses"] = {name: _error(name, description) for name, description in _named_errors().items()}
    components["headers"] = _headers()
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": f"A token of yours, `{PREFIX}` and 64 letters and digits. Scopes: "
            + "; ".join(f"`{scope.value}`: {scope.label}" for scope in ApiToken.Scope)
            + ".",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "A browser that is signed in; requests that change something need the header X-CSRFToken.",
        },
    }
    used = set()
    for operations in schema["paths"].values():
        for operation in operations.values():
            _complete(operation)
            used.update(operation["tags"])
    schema["tags"] = [{"name": name, "description": words} for name, words in _TAGS.items() if name in used]
    return schema


def _complete(operation: Schema) -> None:
    operation["parameters"].sort(key=lambda parameter: parameter["name"] == "cursor")  # the least interesting one
    for parameter in operation["parameters"]:
        if parameter["in"] == "query":
            _tidy(parameter["schema"])
    scope = _scope_of(operation)
    ways: list[Schema] = [{"token": [scope]}, {"session": []}]
    operation["security"] = ways if scope == Scope.WRITE else [{}, *ways]
    operation["x-scope"] = scope
    responses = {str(status): answer for status, answer in operation["responses"].items()}
    for answer in responses.values():
        answer["headers"] = {
            name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit", "RateLimit-Policy")
        }
    operation["responses"] = responses | {
        status: {"$ref": f"#/components/responses/{_name(status)}"} for status in _ERRORS
    }


def _tidy(schema: Schema) -> None:
    """Takes out of a parameter's schema what ninja has copied into the parameter, and defaults that ask nothing."""
    for name in ("title", "description", "example"):
        schema.pop(name, None)
    if not schema.get("default", True):
        del schema["default"]


def _scope_of(operation: Schema) -> Scope:
    """Ninja names the class that lets requests pass."""
    name = next(iter(operation["security"][0]))
    return next(access.scope for access in (Reads, Searches, Writes) if access.__name__ == name)


def _named_errors() -> dict[str, str]:
    return {_name(status): description for status, description in _ERRORS.items()}


def _name(status: str) -> str:
    return f"Problem{status}"


def _error(name: str, description: str) -> Schema:
    answer: Schema = {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if name == _name("429"):
        answer["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return answer


def _problem_schemas() -> Schema:
    problem = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    return {**problem.pop("$defs"), "Problem": problem}


def _headers() -> Schema:
    return {
        "RateLimit": {
            "description": 'Requests that may follow at once, and seconds until all may again: `"api";r=5999;t=1`.',
            "schema": {"type": "string"},
        },
        "RateLimit-Policy": {
            "description": 'Requests in a window of so many seconds: `"api";q=6000;w=60`.',
            "schema": {"type": "string"},
        },
        "Retry-After": {"description": "Seconds until the next request.", "schema": {"type": "integer"}},
    }
