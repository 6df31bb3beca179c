"""People: the first administrator of an empty library."""

from __future__ import annotations

import secrets

from django.contrib.auth import get_user_model

ADMINISTRATOR = "admin"


def ensure_first_administrator() -> str | None:
    """Where nobody has an account yet, creates `admin` and returns the password, which is stored only hashed."""
    people = get_user_model().objects
    if people.exists():
        return None
    password = secrets.token_urlsafe(12)
    people.create_superuser(username=ADMINISTRATOR, email="", password=password)
    return password
