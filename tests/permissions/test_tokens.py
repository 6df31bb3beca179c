"""What a token opens: what its scope says, and nothing once it is none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from search.accounts.tokens import Scope, create_token, revoke
from search.models import ApiToken, Dataset
from tests.permissions.answers import (
    answer_of_operation,
    answer_to,
    bearer,
    body_of,
    rollback,
    schema_operations,
    successes,
    wrong_about_a_page,
)
from tests.permissions.table import operations, pages
from tests.permissions.world import NAMES, World, client_of

BY_TOKEN = {
    "thumbnail": Scope.READ,
    "original": Scope.READ,
    "collection-thumbnail": Scope.READ,
    "collection-original": Scope.READ,
    "collection-export": Scope.READ,
    "export-search": Scope.SEARCH,
}
"""Pages that programs ask as well, and the scope that they need."""


def test_a_token_needs_no_other_scope_than_that_of_the_operation(world: World) -> None:
    wrong = {}
    for one in operations(world):
        status = answer_of_operation(Client(), world, one, bearer("owner", schema_operations()[one.operation][1]))[0]
        if status not in successes(one.operation):
            wrong[one.operation] = status
    assert wrong == {}


def test_a_token_with_too_narrow_a_scope_opens_nothing(world: World) -> None:
    wrong = {}
    for one in operations(world):
        method, scope = schema_operations()[one.operation]
        headers = bearer("owner", *(set(ApiToken.Scope.values) - {scope}))
        status, _, body = answer_to(Client(), method, reverse(one.route, args=one.args), one.body, headers=headers)
        if status != 403 or any(name in body for name in NAMES):
            wrong[one.operation] = status
        User.objects.get(username="owner").api_tokens.filter(name="a program").delete()
    for row in pages(world):
        needed = BY_TOKEN.get(row.name)
        if needed is None or row.method != "get":
            continue
        headers = bearer("owner", *(set(ApiToken.Scope.values) - {needed}))
        status = answer_to(Client(), "GET", reverse(row.name, args=row.args) + f"?{row.query}", {}, headers=headers)[0]
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
        with rollback(client):
            response: Any = (
                client.get(address, headers=headers)
                if row.method == "get"
                else client.post(address, row.data, headers=headers)
            )
            answer = response.status_code, response.get("Location", ""), body_of(response)
        if what := wrong_about_a_page(row, "anonymous", answer):
            wrong[row.name] = what
    assert wrong == {}


@pytest.mark.parametrize("state", ["of a closed account", "expired", "revoked", "unknown"])
def test_a_token_that_is_none_opens_nothing_even_of_what_is_public(world: World, state: str) -> None:
    Dataset.objects.filter(pk=world.dataset.pk).update(visibility=Dataset.Visibility.PUBLIC)
    owner = User.objects.get(username="closed" if state == "of a closed account" else "owner")
    token, secret = create_token(owner, "old", ApiToken.Scope.values, days=1)
    if state == "expired":
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    elif state == "revoked":
        revoke(token)
    elif state == "unknown":
        token.delete()
    else:
        client_of("closed")
    headers = {"Authorization": f"Bearer {secret}"}
    for one in operations(world):
        assert answer_of_operation(Client(), world, one, headers)[0] == 401, one.operation
