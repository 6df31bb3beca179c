"""Every address and socket of the site, asked by everybody who might try: nobody gets more than the table says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from clipsite.web.sockets.routing import websocket_urlpatterns
from search.accounts.tokens import Scope
from search.models import ApiToken, Dataset
from tests.permissions.answers import (
    answer_of_operation,
    answer_of_page,
    bearer,
    schema_operations,
    successes,
    wrong_about_a_page,
    wrong_about_an_operation,
)
from tests.permissions.table import SOCKETS, operations, operations_on_the_dataset, pages, pages_of_the_dataset
from tests.permissions.world import PEOPLE, World, client_of


def routes(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[tuple[str, str]]:
    """Name and address of every route outside of the admin."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if not isinstance(pattern, URLResolver):
            yield pattern.name or "", str(pattern.pattern)
        elif pattern.app_name != "admin":
            yield from routes(pattern.url_patterns)


@pytest.mark.parametrize("who", PEOPLE)
def test_each_gets_of_the_pages_what_is_theirs_and_nothing_else(world: World, who: str) -> None:
    client = client_of(who)
    wrong = {}
    for row in pages(world):
        if what := wrong_about_a_page(row, who, answer_of_page(client, row)):
            wrong[row.name, *map(str, row.args), row.query] = what
    assert wrong == {}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("by", ["session", "token"])
def test_each_gets_of_the_api_what_is_theirs_and_nothing_else(world: World, who: str, by: str) -> None:
    if by == "token" and who in {"anonymous", "closed"}:
        pytest.skip("a token has an owner, and that of a closed account is asked in test_tokens.py")
    client = client_of(who) if by == "session" else Client()
    headers = {} if by == "session" else bearer(who, *ApiToken.Scope.values)
    wrong = {}
    for one in operations(world):
        answer = answer_of_operation(client, world, one, headers)
        if what := wrong_about_an_operation(one, who, answer):
            wrong[one.operation] = what
    assert wrong == {}


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_of_a_public_dataset_everybody_gets_what_a_viewer_gets_and_no_more(world: World, who: str) -> None:
    Dataset.objects.filter(pk=world.dataset.pk).update(visibility=Dataset.Visibility.PUBLIC)
    client = client_of(who)
    wrong: dict[str | tuple[str, ...], str] = {}
    (save,) = [one for one in operations(world) if one.operation == "save_search"]
    for one in [*operations_on_the_dataset(world), save]:
        expected = successes(one.operation) if "viewer" in one.audience else {403}
        if who == "anonymous" and schema_operations()[one.operation][1] == Scope.WRITE:
            expected = {401}
        status = answer_of_operation(client, world, one, {})[0]
        if status not in expected:
            wrong[one.operation] = str(status)
    for row in pages_of_the_dataset(world):
        status, location, _ = answer_of_page(client, row)
        if "viewer" not in row.audience:
            is_right = status == 404
        elif row.name == "map-selection-collect" and who == "anonymous":
            is_right = status == 302 and location.startswith(reverse("login"))  # a collection has an owner
        else:
            is_right = status in row.ok
        if not is_right:
            wrong[row.name, *map(str, row.args)] = f"{status} {location}"
    assert wrong == {}


def test_every_address_has_a_row_and_every_row_an_address(world: World) -> None:
    named = {name for name, _ in routes()}
    assert [address for name, address in routes() if not name] == []
    ours = {name for name in named if not name.startswith("api-")} | {"api-docs", "api-schema"}
    assert {row.name for row in pages(world)} == ours
    assert {one.route for one in operations(world)} == named - ours - {"api-root"}
    assert {one.operation for one in operations(world)} == set(schema_operations())


def test_every_socket_is_one_of_the_table() -> None:
    assert {str(pattern.pattern) for pattern in websocket_urlpatterns} == SOCKETS
