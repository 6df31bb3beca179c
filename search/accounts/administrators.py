"""People: the first administrator of an empty library, and who has to set up a second factor first."""

from __future__ import annotations

import secrets

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import get_user_model

from search.permissions.visibility import Person

ADMINISTRATOR = "admin"


def ensure_first_administrator() -> str | None:
    """Create `admin` where nobody has an account yet; return the password, which is stored only hashed."""
    people = get_user_model().objects
    if people.exists():
        return None
    password = secrets.token_urlsafe(12)
    people.create_superuser(username=ADMINISTRATOR, email="", password=password)
    return password


def lacks_second_factor(person: Person) -> bool:
    """Tell whether the site asks for a second factor that this person, one of its staff, has not set up."""
    if not settings.STAFF_TWO_FACTOR or not getattr(person, "is_staff", False):
        return False
    return not is_mfa_enabled(person)
