"""The browsers in which a person is signed in, and signing out in them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, get_user, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

_WRITE_SECONDS = 600.0
_MOST_REMEMBERED = 10_000

# The first of each that fits is shown; the order matters, since most browsers also claim to be others.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class SessionsMiddleware:
    """Writes, every ten minutes of a session, that it is used and from where; allauth would write at each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._written: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        key = request.session.session_key
        now = time.monotonic()
        # What a process forgets is written once more, no harm; so all are forgotten at once when there are many.
        if key and now - self._written.get(key, -_WRITE_SECONDS) >= _WRITE_SECONDS and self._is_signed_in(request):
            if len(self._written) >= _MOST_REMEMBERED:
                self._written.clear()
            self._written[key] = now
            self._write(request, key)
        return response

    def _is_signed_in(self, request: HttpRequest) -> bool:
        """Tells by the session itself whether a person is signed in: a token beside it is somebody else's."""
        return SESSION_KEY in request.session and get_user(request).is_authenticated

    def _write(self, request: HttpRequest, key: str) -> None:
        if not UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now()):
            UserSession.objects.create_from_request(request, user=get_user(request))


@require_safe
@login_required
@never_cache
def sessions_page(request: HttpRequest) -> HttpResponse:
    """Lists every browser in which the person is signed in, the one that asks first."""
    sessions = UserSession.objects.purge_and_list(request.user)
    sessions.sort(key=lambda one: (one.session_key != request.session.session_key, -one.last_seen_at.timestamp()))
    rows = [_row(one, request.session.session_key) for one in sessions]
    return render(request, "account/sessions.html", {"sessions": rows})


@require_POST
@login_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Signs out one browser of the person; for others there is no such session."""
    session = UserSession.objects.filter(user=cast("User", request.user), pk=session_id).first()
    if session is None:
        raise Http404(f"You have no session {session_id}.")
    if session.session_key == request.session.session_key:
        session.delete()
        logout(request)
        return redirect("home")
    session.end()
    messages.success(request, "That browser is signed out.")
    return redirect("sessions")


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Signs out every browser but the one that asks."""
    others = UserSession.objects.filter(user=cast("User", request.user)).exclude(
        session_key=request.session.session_key
    )
    count = len(others)
    for session in others:
        session.end()
    messages.success(request, f"{count} other browser{'' if count == 1 else 's'} signed out.")
    return redirect("sessions")


def _row(session: UserSession, current: str | None) -> dict[str, Any]:
    return {
        "id": session.pk,
        "is_current": session.session_key == current,
        "name": _name_of(session.user_agent),
        "address": "" if session.ip == "0.0.0.0" else session.ip,  # noqa: S104 - see sign_in
        "began_at": session.created_at,
        "seen_at": session.last_seen_at,
    }


def _name_of(user_agent: str) -> str:
    """Returns a name such as `Firefox on Linux`: enough to know one's own browsers apart."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent[:60] or "An unnamed program"
