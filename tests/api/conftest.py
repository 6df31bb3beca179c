"""Datasets, and headers of programs that ask with tokens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from search.accounts.tokens import create_token
from tests.web.conftest import maps_drawn_here, private, public

__all__ = ["maps_drawn_here", "private", "public"]

MakeHeaders = Callable[..., dict[str, str]]


@pytest.fixture
def headers_of(db: None) -> MakeHeaders:
    """Makes a token and the header that carries it: `headers_of(alice, "read", "search")`."""

    def make(owner: User, *scopes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {create_token(owner, 'a program', scopes)[1]}"}

    return make
