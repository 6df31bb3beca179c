"""Who looks at progress through a socket, and whether they still may: asked for many people in few queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.utils import timezone

from search.accounts.administrators import lacks_second_factor
from search.permissions.visibility import Person, visible_datasets


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person as they were when last looked at; without an id it is a visitor who is not signed in."""

    person_id: int | None = None
    is_staff: bool = False
    session_key: str = ""
    session_hash: str = ""


def viewer_of(scope: Mapping[str, Any]) -> Viewer:
    """The viewer of a websocket's ASGI scope, as the authentication of Channels filled it."""
    user = scope["user"]
    if user.pk is None:
        return Viewer()
    return Viewer(user.pk, user.is_staff, scope["session"].session_key or "", user.get_session_auth_hash())


def person_of(viewer: Viewer) -> Person:
    """The user as the database knows them now; nobody where the account was switched off or deleted."""
    if viewer.person_id is None:
        return AnonymousUser()
    user = get_user_model().objects.filter(pk=viewer.person_id, is_active=True).first()
    # Staff that has to set up a second factor gets no pages either, until it has.
    return AnonymousUser() if user is None or lacks_second_factor(user) else user


def who_may_see(person_ids: Iterable[int | None], dataset_id: int) -> set[int | None]:
    """Return the ids of the people who may see the dataset now."""
    ids = set(person_ids)
    if visible_datasets(AnonymousUser()).filter(pk=dataset_id).exists():
        return ids
    people = get_user_model().objects.filter(pk__in=[pk for pk in ids if pk], is_active=True)
    return {
        person.pk
        for person in people
        if not lacks_second_factor(person) and visible_datasets(person).filter(pk=dataset_id).exists()
    }


def still_signed_in(viewers: Iterable[Viewer]) -> dict[Viewer, Viewer]:
    """Return those still signed in, as they are now: not signed out, expired, switched off or with another password.

    Sessions are read where Django keeps them by default, in the database.
    """
    distinct = set(viewers)
    keys = [viewer.session_key for viewer in distinct]
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    living = set(sessions.values_list("session_key", flat=True))
    people = get_user_model().objects.in_bulk([viewer.person_id for viewer in distinct])
    now: dict[Viewer, Viewer] = {}
    for viewer in distinct:
        person = people.get(viewer.person_id)
        if person is None or not person.is_active or viewer.session_key not in living:
            continue
        if person.get_session_auth_hash() == viewer.session_hash:
            now[viewer] = replace(viewer, is_staff=person.is_staff)
    return now
