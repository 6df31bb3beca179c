"""What pages and operations answer a person, with the changes taken back, and what of it the table does not say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import reverse

from clipsite.api.docs import schema
from search.accounts.tokens import Scope, create_token
from tests.permissions.table import LISTS, SEES, SIGNED_IN, Operation, Row
from tests.permissions.world import NAMES, World
from tests.web.conftest import downloaded


@cache
def schema_operations() -> dict[str, tuple[str, str]]:
    """Method and scope of each operation that the schema of the API describes."""
    return {
        operation["operationId"]: (method.upper(), operation["x-scope"])
        for methods in schema()["paths"].values()
        for method, operation in methods.items()
    }


@cache
def successes(name: str) -> set[int]:
    """The statuses of success that the schema describes for an operation."""
    (responses,) = [
        operation["responses"]
        for methods in schema()["paths"].values()
        for operation in methods.values()
        if operation["operationId"] == name
    ]
    return {int(status) for status in responses if 200 <= int(status) < 300}


@contextmanager
def rollback(client: Client) -> Iterator[None]:
    """What a request changes in the database and in the browser's cookies is as before afterwards."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies


def answer_to(client: Client, method: str, address: str, data: dict[str, Any], **more: Any) -> tuple[int, str, bytes]:
    """Status, where it leads and what it says."""
    with rollback(client):
        response: Any = client.generic(method, address, json.dumps(data), "application/json", **more)
        return response.status_code, response.get("Location", ""), body_of(response)


def answer_of_page(client: Client, row: Row) -> tuple[int, str, bytes]:
    address = reverse(row.name, args=row.args) + (f"?{row.query}" if row.query else "")
    if row.is_json:
        return answer_to(client, row.method, address, row.data)
    with rollback(client):
        response: Any = client.get(address) if row.method == "get" else client.post(address, row.data)
        return response.status_code, response.get("Location", ""), body_of(response)


def answer_of_operation(
    client: Client, world: World, one: Operation, headers: dict[str, str]
) -> tuple[int, str, bytes]:
    """What an operation answers; the run is active where it is to be controlled."""
    world.run.state = "active" if one.operation in {"pause_run", "resume_run", "cancel_run"} else "done"
    world.run.save()
    address = reverse(one.route, args=one.args) + (f"?{one.query}" if one.query else "")
    return answer_to(client, schema_operations()[one.operation][0], address, one.body, headers=headers)


def body_of(response: Any) -> bytes:
    return downloaded(response) if response.streaming else bytes(response.content)


def bearer(who: str, *scopes: str) -> dict[str, str]:
    secret = create_token(User.objects.get(username=who), "a program", scopes)[1]
    return {"Authorization": f"Bearer {secret}"}


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
    if row.is_shared:
        return ""
    return wrong_about_names(row.name, who, body)


def wrong_about_an_operation(one: Operation, who: str, answer: tuple[int, str, bytes]) -> str:
    status, _, body = answer
    scope = schema_operations()[one.operation][1]
    if who in one.audience:
        expected = successes(one.operation)
    elif who not in SIGNED_IN and scope == Scope.WRITE:
        expected = {401}
    else:
        expected = {403} if who in one.sees else {404}
    if status not in expected:
        return str(status)
    return wrong_about_names(one.operation, who, body)


def wrong_about_names(what: str, who: str, body: bytes) -> str:
    """Whether an answer names the dataset to who may not see it, or a list leaves it out for who may."""
    if who not in SEES and any(name in body for name in NAMES):
        return "names what it must not"
    if who in SEES and what in LISTS and NAMES[0] not in body:
        return "leaves out what is theirs to see"
    return ""
