"""The page on which people make and revoke their tokens, and the administration's list of all."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.accounts.tokens import create_token, token_of
from search.models import ApiToken

FORM = {"name": "report", "days": "90", "scope": ["read", "search"]}


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_a_token_is_made_and_shown_once(signed_in: Client, alice: User) -> None:
    page = signed_in.post(reverse("tokens"), FORM)
    found = re.search(r"clip_[0-9a-f]{64}", page.content.decode())
    assert found is not None
    token = token_of(found.group())
    assert (token.owner, token.name, token.scopes) == (alice, "report", ["read", "search"])
    assert token.expires_at is not None
    assert (token.expires_at - token.created_at).days in {89, 90}
    assert "no-store" in page["Cache-Control"]
    again = signed_in.get(reverse("tokens")).content.decode()
    assert "report" in again
    assert found.group() not in again


def test_a_token_may_last_for_ever(signed_in: Client) -> None:
    signed_in.post(reverse("tokens"), FORM | {"days": "0"})
    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"name": " "}, "1 to 100 characters"), ({"scope": []}, "one or more of the scopes"), ({"days": "x"}, "days")],
)
def test_what_makes_no_sense_is_explained_and_the_rest_kept(
    signed_in: Client, wrong: dict[str, str], sentence: str
) -> None:
    page = signed_in.post(reverse("tokens"), FORM | wrong)
    assert page.status_code == 400
    assert sentence in page.content.decode()
    assert not ApiToken.objects.exists()


def test_ones_own_tokens_are_revoked_and_no_others(signed_in: Client, alice: User, bob: User) -> None:
    own, foreign = create_token(alice, "mine", ["read"])[0], create_token(bob, "his", ["read"])[0]
    page = signed_in.post(reverse("token-revoke", args=[own.pk]), follow=True).content.decode()
    assert "The token mine is revoked" in page
    assert "his" not in re.findall(r"<th scope=\"row\">(.*?)</th>", page)
    assert signed_in.post(reverse("token-revoke", args=[foreign.pk])).status_code == 404
    assert signed_in.get(reverse("token-revoke", args=[own.pk])).status_code == 405
    assert list(ApiToken.objects.filter(revoked_at=None)) == [foreign]


def test_nobody_else_gets_there(client: Client, db: None) -> None:
    for answer in (client.get(reverse("tokens")), client.post(reverse("tokens"), FORM)):
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("login"))
    assert client.post(reverse("token-revoke", args=[1])).status_code == 302
    assert not ApiToken.objects.exists()


def test_the_administration_lists_and_revokes(client: Client, staff: User, alice: User) -> None:
    token = create_token(alice, "report", ["read"])[0]
    client.force_login(staff)
    address = reverse("admin:search_apitoken_changelist")
    assert "report" in client.get(address).content.decode()
    detail = client.get(reverse("admin:search_apitoken_change", args=[token.pk])).content.decode()
    assert token.digest not in detail
    assert client.get(reverse("admin:search_apitoken_add")).status_code == 403
    client.post(address, {"action": "revoke_tokens", "_selected_action": [token.pk]})
    assert not ApiToken.objects.get().is_valid
