"""Who stands behind an open socket, as the database knows them now: their session, account and second factor."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from search.services.accounts import lacks_second_factor
from search.services.visibility import Person


class SessionOver(Exception):
    """Whoever opened the socket is no longer signed in: by sign-out, expiry, a new password, a closed account."""


def person_behind(scope: dict[str, Any]) -> Person:
    """Whoever opened the socket, read anew. Raises SessionOver for somebody who was signed in and is no longer."""
    opened_by = scope["user"].pk
    if opened_by is None:
        return AnonymousUser()
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(scope["session"].session_key)
    person = get_user(request)
    if person.pk != opened_by:
        raise SessionOver
    # Such staff gets no pages either, until they set one up.
    return AnonymousUser() if lacks_second_factor(person) else person
