"""Tokens of the API: creating them, finding one by its secret, revoking them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from hmac import compare_digest

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from search.errors import AccessRefused, InvalidToken, TokenRefused
from search.models import ApiToken

Scope = ApiToken.Scope

PREFIX = "clip_"
"""The beginning of every secret, so that one that leaked is recognised wherever it stands."""

MOST_TOKENS = 50
"""The tokens that a person may have at a time."""

LONGEST_DAYS = 3650
_BYTES = 32
_SECRET = re.compile(rf"{PREFIX}[0-9a-f]{{{2 * _BYTES}}}")
_USE_RESOLUTION = timedelta(minutes=10)


def create_token(owner: User, name: str, scopes: Iterable[str], *, days: int | None = None) -> tuple[ApiToken, str]:
    """Creates a token; returns it with its secret, which is stored nowhere. Without `days` it never expires.

    Raises InvalidToken.
    """
    name = " ".join(name.replace("\0", "").split())
    longest = ApiToken._meta.get_field("name").max_length or 0
    if not 0 < len(name) <= longest:
        raise InvalidToken(f"The name of a token has 1 to {longest} characters; say what it is for.")
    wanted = set(scopes)
    if not wanted or wanted - set(Scope.values):
        raise InvalidToken(f"A token needs one or more of the scopes {', '.join(Scope.values)}.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise InvalidToken(f"A token lasts 1 to {LONGEST_DAYS} days, or does not expire; {days} days make no sense.")
    if valid_tokens(owner).count() >= MOST_TOKENS:
        raise InvalidToken(f"{owner.get_username()} has {MOST_TOKENS} tokens already. Revoke one that is not needed.")
    secret = PREFIX + secrets.token_hex(_BYTES)
    token = ApiToken.objects.create(
        owner=owner,
        name=name,
        digest=_digest(secret),
        start=secret[: len(PREFIX) + 4],
        scopes=[scope for scope in Scope.values if scope in wanted],
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return token, secret


def token_of(secret: str) -> ApiToken:
    """Returns the valid token of this secret, its owner joined. Raises TokenRefused, which says why there is none."""
    digest = _digest(secret)
    # 256 random bits need no slow hash. The database finds the row by the digest, of which time betrays nothing useful.
    token = (
        ApiToken.objects.select_related("owner").filter(digest=digest).first() if _SECRET.fullmatch(secret) else None
    )
    if token is None or not compare_digest(token.digest, digest):
        raise TokenRefused("This token is unknown here. Check that it is copied whole, or make a new one.")
    if token.revoked_at is not None:
        raise TokenRefused(f"The token {token.name!r} was revoked on {token.revoked_at:%Y-%m-%d}. Make a new one.")
    if token.expires_at is not None and token.is_expired:
        raise TokenRefused(f"The token {token.name!r} expired on {token.expires_at:%Y-%m-%d}. Make a new one.")
    if not token.owner.is_active:
        raise TokenRefused(f"The account of the token {token.name!r} is closed.")
    return token


def require_scope(token: ApiToken, scope: Scope) -> None:
    """Checks that a token has a scope. Raises AccessRefused, which names the scope, where it does not."""
    if scope not in token.scopes:
        raise AccessRefused(
            f"The token {token.name!r} may not do this: it needs the scope {scope.value}, "
            f"and has {', '.join(token.scopes)}.",
            scope=scope.value,
        )


def note_use(token: ApiToken) -> None:
    """Stores when the token was used, unless that was done minutes ago: a write at each request would cost too much."""
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < _USE_RESOLUTION:
        return
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def revoke(token: ApiToken) -> bool:
    """Revokes a token. Returns whether it was valid until now."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()))


def valid_tokens(owner: User) -> QuerySet[ApiToken]:
    """Returns the tokens of a person that are neither revoked nor expired, the newest first."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return owner.api_tokens.filter(unexpired, revoked_at=None)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
