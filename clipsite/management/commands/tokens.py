"""`manage.py tokens USERNAME`: the API tokens of a person, a new one, or one revoked."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clipsite.management.commands._output import json_line
from search.accounts import tokens as services
from search.accounts.tokens import create_token
from search.errors import UserError
from search.models import ApiToken


class Command(BaseCommand):
    help = "List the API tokens of a person, make one, or revoke one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help="whose tokens")
        actions = parser.add_mutually_exclusive_group()
        actions.add_argument("--create", metavar="NAME", help="make a token; its secret is printed this once")
        actions.add_argument("--revoke", type=int, metavar="ID", help="revoke the token of this number")
        parser.add_argument(
            "--scope",
            action="append",
            choices=ApiToken.Scope.values,
            help="what it may; repeated",
        )
        parser.add_argument("--days", type=int, metavar="N", help="how long it lasts (default: until it is revoked)")
        parser.add_argument("--json", action="store_true", help="one line of JSON, last on standard output")

    def handle(
        self,
        *,
        username: str,
        create: str | None,
        revoke: int | None,
        scope: list[str] | None,
        days: int | None,
        json: bool,
        **_: Any,
    ) -> None:
        owner = User.objects.filter(username=username).first()
        if owner is None:
            raise CommandError(f"There is no person {username!r}. Accounts are made in the administration.")
        if create is not None:
            self._create(owner, create, scope or ["read", "search"], days, as_json=json)
            return
        if revoke is not None:
            self._revoke(owner, revoke)
        tokens = list(owner.api_tokens.all())
        if json:
            self.stdout.write(json_line({"owner": username, "tokens": [_row(token) for token in tokens]}))
        else:
            Console().print(_table(tokens))

    def _create(self, owner: User, name: str, scopes: list[str], days: int | None, *, as_json: bool) -> None:
        try:
            token, secret = create_token(owner, name, scopes, days=days)
        except UserError as error:
            raise CommandError(str(error)) from error
        if as_json:
            self.stdout.write(json_line(_row(token) | {"secret": secret}))
            return
        self.stderr.write("This is the token. It is shown this once and cannot be read again.")
        self.stdout.write(secret)

    def _revoke(self, owner: User, number: int) -> None:
        token = owner.api_tokens.filter(pk=number).first()
        if token is None:
            raise CommandError(f"{owner.get_username()} has no token {number}.")
        done = "is revoked" if services.revoke(token) else "was revoked already"
        self.stderr.write(f"The token {token.name!r} {done}.")


def _row(token: ApiToken) -> dict[str, Any]:
    times = {name: getattr(token, name) for name in ("created_at", "expires_at", "revoked_at", "last_used_at")}
    return {
        "id": token.pk,
        "name": token.name,
        "start": token.start,
        "scopes": token.scopes,
        "valid": token.is_valid,
        **{name: at and at.isoformat() for name, at in times.items()},
    }


def _table(tokens: list[ApiToken]) -> Table:
    table = Table("id", "name", "begins with", "scopes", "state", "last used")
    for token in tokens:
        state = "revoked" if token.revoked_at else "expired" if token.is_expired else "valid"
        used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "not yet"
        table.add_row(str(token.pk), Text(token.name), token.start, ", ".join(token.scopes), state, used)
    return table
