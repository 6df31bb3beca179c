"""Where a person is signed in, and signing out elsewhere."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"


def signed_in(who: User, agent: str = FIREFOX, address: str = "192.0.2.1") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    client.force_login(who)
    client.get(reverse("home"))  # as any first page after signing in
    return client


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def test_it_lists_ones_own_browsers_the_one_that_asks_first(alice: User, bob: User) -> None:
    signed_in(alice, EDGE, "192.0.2.2")
    signed_in(bob)
    shown = signed_in(alice).get(reverse("sessions")).context["sessions"]
    assert [(one["name"], one["address"], one["is_current"]) for one in shown] == [
        ("Firefox on Linux", "192.0.2.1", True),
        ("Edge on Windows", "192.0.2.2", False),
    ]


def test_it_signs_out_one_browser(alice: User) -> None:
    here, there = signed_in(alice), signed_in(alice, EDGE)
    other = next(one for one in here.get(reverse("sessions")).context["sessions"] if not one["is_current"])
    assert here.post(reverse("session-end", args=[other["id"]])).status_code == 302
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)


def test_it_signs_out_everywhere_else(alice: User, bob: User) -> None:
    here, others = signed_in(alice), [signed_in(alice, EDGE) for _ in range(3)]
    stranger = signed_in(bob)
    assert here.post(reverse("sessions-end")).status_code == 302
    assert [is_signed_in(client) for client in (here, *others, stranger)] == [True, False, False, False, True]


def test_signing_out_the_browser_that_asks_ends_its_session(alice: User) -> None:
    client = signed_in(alice)
    current = client.get(reverse("sessions")).context["sessions"][0]
    assert client.post(reverse("session-end", args=[current["id"]])).status_code == 302
    assert not is_signed_in(client)
    assert not UserSession.objects.exists()


def test_a_session_of_somebody_else_does_not_exist(alice: User, bob: User) -> None:
    there = signed_in(bob)
    session = UserSession.objects.get(user=bob)
    assert signed_in(alice).post(reverse("session-end", args=[session.pk])).status_code == 404
    assert is_signed_in(there)


def test_staff_signs_out_a_browser_in_the_administration(staff: User, alice: User) -> None:
    there = signed_in(alice)
    client = signed_in(staff)
    session = UserSession.objects.get(user=alice)
    chosen = {"action": "sign_out", "_selected_action": [session.pk]}
    assert client.post(reverse("admin:usersessions_usersession_changelist"), chosen).status_code == 302
    assert not is_signed_in(there)


def test_a_visitor_leaves_no_session_behind(db: None) -> None:
    Client().get(reverse("home"))
    assert not UserSession.objects.exists()


def test_use_is_written_down_every_few_minutes_and_not_at_each_request(alice: User) -> None:
    client = signed_in(alice)
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("history-recent"))
    assert [query["sql"] for query in captured.captured_queries if "usersession" in query["sql"]] == []


@pytest.mark.parametrize(
    ("agent", "name"),
    [("", "An unnamed program"), ("curl/8.5", "curl/8.5"), ("Mozilla/5.0 (iPhone) Safari/604.1", "Safari on iPhone")],
)
def test_a_browser_is_named_so_that_its_owner_knows_it(alice: User, agent: str, name: str) -> None:
    assert signed_in(alice, agent).get(reverse("sessions")).context["sessions"][0]["name"] == name
