"""Tokens: what they open, how they end, and that their secrets are kept by nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from search.accounts.tokens import MOST_TOKENS, create_token, note_use, revoke, token_of
from search.errors import InvalidToken, TokenRefused
from search.models import ApiToken, Dataset
from tests.api.conftest import MakeHeaders


def ask(client: Client, secret: str) -> tuple[int, str]:
    answer = client.get(reverse("api-datasets"), headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code, answer.json().get("detail", "")


def test_a_secret_can_be_recognised_and_stands_nowhere(alice: User) -> None:
    token, secret = create_token(alice, "report", ["read"])
    assert secret.startswith("clip_")
    assert len(secret) == len("clip_") + 64
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret[9:] not in repr(row)
    assert row["start"] == secret[:9]
    assert create_token(alice, "report", ["read"])[1] != secret


def test_a_token_sees_what_its_owner_sees(private: Dataset, alice: User, bob: User, client: Client) -> None:
    for owner, names in ((alice, ["Secrets"]), (bob, [])):
        _, secret = create_token(owner, "report", ["read"])
        answer = client.get(reverse("api-datasets"), headers={"Authorization": f"bearer {secret}"}).json()
        assert [row["name"] for row in answer["datasets"]] == names


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda secret: secret[:-1], "unknown here"),
        (lambda secret: secret[:-1] + ("0" if secret[-1] != "0" else "1"), "unknown here"),
        (lambda secret: secret.upper(), "unknown here"),
        (lambda secret: "", "unknown here"),
        (lambda secret: "ä" * 69, "unknown here"),
    ],
)
def test_an_unknown_token_is_refused(alice: User, client: Client, damage: object, sentence: str) -> None:
    assert callable(damage)
    _, secret = create_token(alice, "report", ["read"])
    status, detail = ask(client, damage(secret))
    assert status == 401
    assert sentence in detail


def test_a_token_ends_when_it_expires_is_revoked_or_its_owner_leaves(alice: User, client: Client) -> None:
    token, secret = create_token(alice, "report", ["read"], days=1)
    assert ask(client, secret)[0] == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ask(client, secret) == (401, f"The token 'report' expired on {timezone.now():%Y-%m-%d}. Make a new one.")
    ApiToken.objects.update(expires_at=None)
    User.objects.update(is_active=False)
    assert ask(client, secret) == (401, "The account of the token 'report' is closed.")
    User.objects.update(is_active=True)
    assert revoke(token)
    assert not revoke(token)
    assert ask(client, secret) == (401, f"The token 'report' was revoked on {timezone.now():%Y-%m-%d}. Make a new one.")


def test_a_refusal_says_how_to_do_better(alice: User, client: Client, headers_of: MakeHeaders) -> None:
    refused = client.get(reverse("api-datasets"), headers={"Authorization": "Bearer clip_1"})
    assert refused["WWW-Authenticate"] == 'Bearer realm="clipsite", error="invalid_token"'
    narrow = client.get(reverse("api-datasets"), headers=headers_of(alice, "search"))
    assert narrow.status_code == 403
    assert narrow.json()["detail"] == (
        "The token 'a program' may not do this: it needs the scope read, and has search."
    )
    assert 'error="insufficient_scope", scope="read"' in narrow["WWW-Authenticate"]


def test_credentials_for_a_proxy_are_none_of_ours(public: Dataset, client: Client) -> None:
    answer = client.get(reverse("api-datasets"), headers={"Authorization": "Basic YTpi"})
    assert answer.status_code == 200


def test_a_token_outweighs_a_session(private: Dataset, bob: User, client: Client, headers_of: MakeHeaders) -> None:
    client.force_login(User.objects.get(username="alice"))
    assert client.get(reverse("api-datasets")).json()["datasets"] != []
    assert client.get(reverse("api-datasets"), headers=headers_of(bob, "read")).json()["datasets"] == []


def test_its_use_is_written_down_now_and_then(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token, secret = create_token(alice, "report", ["read"])
    note_use(token)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    with django_assert_num_queries(0):
        note_use(ApiToken(pk=token.pk, last_used_at=timezone.now() - timedelta(minutes=9)))
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=11))
    note_use(token_of(secret))
    again = ApiToken.objects.get().last_used_at
    assert again is not None
    assert again >= first


@pytest.mark.parametrize(
    ("name", "scopes", "days", "sentence"),
    [
        ("", ["read"], None, "1 to 100 characters"),
        ("x" * 101, ["read"], None, "1 to 100 characters"),
        ("report", [], None, "read, search, write"),
        ("report", ["read", "all"], None, "read, search, write"),
        ("report", ["read"], 0, "1 to 3650 days"),
        ("report", ["read"], 3651, "1 to 3650 days"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(
    alice: User, name: str, scopes: list[str], days: int | None, sentence: str
) -> None:
    with pytest.raises(InvalidToken, match=sentence):
        create_token(alice, name, scopes, days=days)
    assert not ApiToken.objects.exists()


def test_nobody_has_tokens_without_end(alice: User) -> None:
    for number in range(MOST_TOKENS):
        token, secret = create_token(alice, f"report {number}", ["read"])
    with pytest.raises(InvalidToken, match="50 tokens already"):
        create_token(alice, "one more", ["read"])
    revoke(token)
    create_token(alice, "one more", ["read"])
    with pytest.raises(TokenRefused):
        token_of(secret)


def test_pictures_can_be_fetched_with_a_token(
    private: Dataset, alice: User, bob: User, client: Client, headers_of: MakeHeaders
) -> None:
    image = private.images.get(name="secret.png")
    for name in ("thumbnail", "original"):
        address = reverse(name, args=[image.pk])
        assert client.get(address).status_code == 404
        assert client.get(address, headers=headers_of(alice, "read")).status_code == 200
        assert client.get(address, headers=headers_of(bob, "read")).status_code == 404
        assert client.get(address, headers=headers_of(alice, "search")).status_code == 403
        assert client.get(address, headers={"Authorization": "Bearer clip_1"}).status_code == 401
