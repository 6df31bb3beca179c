"""`manage.py tokens` makes, lists and revokes tokens on the console."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from search.accounts.tokens import token_of
from search.errors import TokenRefused


def tokens(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    call_command("tokens", "alice", *arguments, "--json")
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_a_token_is_made_listed_and_revoked(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    made = tokens(capsys, "--create", "report", "--scope", "write", "--days", "7")
    assert token_of(made["secret"]).scopes == ["write"]
    (listed,) = tokens(capsys)["tokens"]
    assert (listed["name"], listed["valid"], "secret" in listed) == ("report", True, False)
    (revoked,) = tokens(capsys, "--revoke", str(listed["id"]))["tokens"]
    assert not revoked["valid"]
    with pytest.raises(TokenRefused, match="revoked"):
        token_of(made["secret"])


def test_the_secret_alone_goes_to_standard_output(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("tokens", "alice", "--create", "report")
    said = capsys.readouterr()
    assert token_of(said.out.strip()).scopes == ["read", "search"]
    assert "shown this once" in said.err
    call_command("tokens", "alice")
    assert "report" in capsys.readouterr().out


def test_what_makes_no_sense_is_explained(alice: User) -> None:
    for arguments, sentence in (
        (("nobody",), "There is no person 'nobody'"),
        (("alice", "--create", "x", "--days", "0"), "1 to 3650 days"),
        (("alice", "--revoke", "99"), "alice has no token 99"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("tokens", *arguments)
