"""Every address and socket of the site, asked by everybody who might try: nobody gets more than the table says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from clipsite.api.docs import schema
from clipsite.web.sockets.routing import websocket_urlpatterns
from search.accounts.tokens import Scope, create_token
from search.models import ApiToken
from tests.indexed import IndexedDatasets
from tests.permissions.table import (
    MANAGED_IN_ADMIN,
    SEES,
    SIGNED_IN,
    SOCKETS,
    STAFF,
    Asked,
    Row,
    operations,
    pages,
)
from tests.permissions.world import NAMES, PEOPLE, World, client_of, make_world
from tests.web.conftest import downloaded

BY_TOKEN = {
    "thumbnail": Scope.READ,
    "original": Scope.READ,
    "collection-thumbnail": Scope.READ,
    "collection-original": Scope.READ,
    "collection-export": Scope.READ,
    "export-search": Scope.SEARCH,
}
"""Pages that programs ask as well, and the scope that they need."""


@pytest.fixture
def world(indexed_datasets: IndexedDatasets) -> World:
    return make_world(indexed_datasets)


def routes(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[tuple[str, str]]:
    """Name and address of every route outside of the admin."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if not isinstance(pattern, URLResolver):
            yield pattern.name or "", str(pattern.pattern)
        elif pattern.app_name != "admin":
            yield from routes(pattern.url_patterns)


def described() -> dict[str, tuple[str, str]]:
    """Method and scope of each operation that the schema of the API describes."""
    return {
        operation["operationId"]: (method.upper(), operation["x-scope"])
        for methods in schema()["paths"].values()
        for method, operation in methods.items()
    }


@contextmanager
def taken_back(client: Client) -> Iterator[None]:
    """What a request changes in the database and in the browser's cookies is as before afterwards."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies


def sent(client: Client, method: str, address: str, data: dict[str, Any], **more: Any) -> tuple[int, str, bytes]:
    """Status, where it leads and what it says."""
    with taken_back(client):
        response: Any = client.generic(method, address, json.dumps(data), "application/json", **more)
        return response.status_code, response.get("Location", ""), body_of(response)


def asked(client: Client, row: Row) -> tuple[int, str, bytes]:
    address = reverse(row.name, args=row.args) + (f"?{row.query}" if row.query else "")
    if row.is_json:
        return sent(client, row.method, address, row.data)
    with taken_back(client):
        response: Any = client.get(address) if row.method == "get" else client.post(address, row.data)
        return response.status_code, response.get("Location", ""), body_of(response)


def body_of(response: Any) -> bytes:
    return downloaded(response) if response.streaming else bytes(response.content)


def wrong_about_a_page(row: Row, who: str, answer: tuple[int, str, bytes]) -> str:
    """What is not as the row says; empty where all is."""
    status, location, body = answer
    leads_to_sign_in = status == 302 and location.startswith(reverse("login"))
    if who in row.audience:
        is_right = status in row.ok and not (row.signs_in and leads_to_sign_in)
    elif row.signs_in and who not in SIGNED_IN:
        is_right = leads_to_sign_in
    else:
        # A list of what is one's own may answer that something in it is not there.
        is_right = status == 404 or (row.name == "collect-images" and status == 400)
    if not is_right:
        return f"{status} {location}"
    if who not in SEES and not row.is_shared and any(name in body for name in NAMES):
        return "names what it must not"
    return ""


@pytest.mark.parametrize("who", PEOPLE)
def test_each_gets_of_the_pages_what_is_theirs_and_nothing_else(world: World, who: str) -> None:
    client = client_of(who)
    wrong = {}
    for row in pages(world):
        if what := wrong_about_a_page(row, who, asked(client, row)):
            wrong[row.name, *map(str, row.args), row.query] = what
    assert wrong == {}


def wrong_about_an_operation(one: Asked, who: str, answer: tuple[int, str, bytes]) -> str:
    status, _, body = answer
    scope = described()[one.operation][1]
    if who in one.audience:
        expected = {200, 201, 204}
    elif who not in SIGNED_IN and scope == Scope.WRITE:
        expected = {401}
    else:
        expected = {403} if who in one.sees else {404}
    if status not in expected:
        return str(status)
    if who not in SEES and any(name in body for name in NAMES):
        return "names what it must not"
    return ""


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("by", ["session", "token"])
def test_each_gets_of_the_api_what_is_theirs_and_nothing_else(world: World, who: str, by: str) -> None:
    if by == "token" and who in {"anonymous", "closed"}:
        pytest.skip("a token has an owner, and that of a closed account is asked below")
    client = client_of(who) if by == "session" else Client()
    headers = {} if by == "session" else bearer(who, *ApiToken.Scope.values)
    wrong = {}
    for one in operations(world):
        address = reverse(one.route, args=one.args) + (f"?{one.query}" if one.query else "")
        if one.operation in {"pause_run", "resume_run", "cancel_run"}:
            world.run.state = "active"
        else:
            world.run.state = "done"
        world.run.save()
        answer = sent(client, described()[one.operation][0], address, one.body, headers=headers)
        if what := wrong_about_an_operation(one, who, answer):
            wrong[one.operation] = what
    assert wrong == {}


def bearer(who: str, *scopes: str) -> dict[str, str]:
    secret = create_token(User.objects.get(username=who), "a program", scopes)[1]
    return {"Authorization": f"Bearer {secret}"}


def test_a_token_with_too_narrow_a_scope_opens_nothing(world: World) -> None:
    wrong = {}
    for one in operations(world):
        method, scope = described()[one.operation]
        headers = bearer("owner", *(set(ApiToken.Scope.values) - {scope}))
        status, _, body = sent(Client(), method, reverse(one.route, args=one.args), one.body, headers=headers)
        if status != 403 or any(name in body for name in NAMES):
            wrong[one.operation] = status
        User.objects.get(username="owner").api_tokens.filter(name="a program").delete()
    for row in pages(world):
        needed = BY_TOKEN.get(row.name)
        if needed is None or row.method != "get":
            continue
        headers = bearer("owner", *(set(ApiToken.Scope.values) - {needed}))
        status = sent(Client(), "GET", reverse(row.name, args=row.args) + f"?{row.query}", {}, headers=headers)[0]
        if status != 403:
            wrong[row.name] = status
    assert wrong == {}


def test_a_token_opens_no_other_page(world: World) -> None:
    """It is for the API and for the few pages that programs ask; elsewhere it is as if it were not there."""
    headers = bearer("owner", *ApiToken.Scope.values)
    wrong = {}
    for row in pages(world):
        if row.name in BY_TOKEN or row.is_shared or row.is_json:
            continue
        address = reverse(row.name, args=row.args) + (f"?{row.query}" if row.query else "")
        client = Client()
        with taken_back(client):
            response: Any = (
                client.get(address, headers=headers)
                if row.method == "get"
                else client.post(address, row.data, headers=headers)
            )
            answer = response.status_code, response.get("Location", ""), body_of(response)
        if what := wrong_about_a_page(row, "anonymous", answer):
            wrong[row.name] = what
    assert wrong == {}


def test_a_token_of_a_closed_account_opens_nothing(world: World) -> None:
    headers = bearer("closed", *ApiToken.Scope.values)
    client_of("closed")
    for one in operations(world):
        address = reverse(one.route, args=one.args)
        status = sent(Client(), described()[one.operation][0], address, one.body, headers=headers)[0]
        assert status == 401, one.operation


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - STAFF))
def test_the_administration_is_closed_to_all_but_staff(world: World, who: str) -> None:
    client = client_of(who)
    wrong = {}
    for address in admin_addresses(world):
        status, location, body = sent(client, "GET", address, {})
        if address == reverse("admin:login") and who in SIGNED_IN:
            is_right = status == 403
        else:
            # Django's own way out leads to the entrance, which asks anew.
            entrances = [reverse("admin:login"), reverse("login")]
            entrances += [reverse("admin:index")] if address == reverse("admin:logout") else []
            is_right = status == 302 and location.startswith(tuple(entrances))
        if not is_right or any(name in body for name in NAMES):
            wrong[address] = f"{status} {location}"
    assert wrong == {}


def test_every_page_of_the_administration_answers_its_staff(world: World) -> None:
    client = client_of("staff")
    statuses = {address: sent(client, "GET", address, {})[0] for address in admin_addresses(world)}
    # Some records are to be looked at only, and logging out is asked by POST.
    assert {address: status for address, status in statuses.items() if status not in {200, 302, 403, 404, 405}} == {}
    assert statuses[reverse("admin:search_dataset_change", args=[world.dataset.pk])] == 200


def admin_addresses(world: World) -> list[str]:
    """Every address of the admin, with the number of something where it takes one."""
    found = []
    for pattern in admin_patterns():
        name, places = f"admin:{pattern.name}", len(pattern.pattern.converters)
        if pattern.name is None or pattern.name in {"view_on_site", "app_list"}:
            continue
        number = {"search_dataset": world.dataset.pk}.get(pattern.name.rpartition("_")[0], 1)
        found.append(reverse(name, args=[number] * places))
    return [*found, reverse("admin:app_list", args=["search"])]


def admin_patterns() -> Iterator[URLPattern]:
    waiting = list(admin.site.urls[0])
    while waiting:
        pattern = waiting.pop()
        if isinstance(pattern, URLResolver):
            waiting += pattern.url_patterns
        else:
            yield pattern


def test_every_address_has_a_row_and_every_row_an_address(world: World) -> None:
    named = {name for name, _ in routes()}
    assert [address for name, address in routes() if not name] == []
    ours = {name for name in named if not name.startswith("api-")} | {"api-docs", "api-schema"}
    assert {row.name for row in pages(world)} == ours
    assert {one.route for one in operations(world)} == named - ours - {"api-root"}
    assert {one.operation for one in operations(world)} == set(described())


def test_every_page_of_the_administration_is_one_of_the_table() -> None:
    assert {model._meta.label for model in admin.site._registry} == MANAGED_IN_ADMIN


def test_every_socket_is_one_of_the_table() -> None:
    assert {str(pattern.pattern) for pattern in websocket_urlpatterns} == SOCKETS
