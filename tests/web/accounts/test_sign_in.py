"""Signing in: wrong passwords and being locked out, forgotten passwords, the second factor, who may make an account."""

from __future__ import annotations

import re

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.web.markup import on_one_line

PASSWORD = "alice's own secret"


def sign_in(client: Client, password: str, name: str = "alice", address: str = "192.0.2.1") -> int:
    fields = {"login": name, "password": password}
    return client.post(reverse("login"), fields, REMOTE_ADDR=address).status_code


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def code_of(secret: str) -> str:
    """The six digits that an authenticator app shows now."""
    counter = list(yield_hotp_counters_from_time())[1]  # of those before, now and after
    return str(format_hotp_value(hotp_value(secret, counter)))


def confirm(client: Client, password: str = PASSWORD) -> None:
    """Answers the question whether it is really them."""
    assert client.post(reverse("account_reauthenticate"), {"password": password}).status_code == 302


def test_it_signs_in_and_leads_on_to_where_somebody_wanted(alice: User) -> None:
    client = Client()
    fields = {"login": "alice", "password": PASSWORD, "next": "/collections/"}
    response = client.post(reverse("login"), fields)
    assert (response.status_code, response["Location"]) == (302, "/collections/")
    assert is_signed_in(client)


def test_it_leads_to_no_other_site(alice: User) -> None:
    fields = {"login": "alice", "password": PASSWORD, "next": "https://evil.example/"}
    assert Client().post(reverse("login"), fields)["Location"] == reverse("home")


def test_the_tenth_wrong_password_locks_that_name_out_from_that_address(alice: User, bob: User) -> None:
    client = Client()
    assert [sign_in(client, "wrong") for _ in range(9)] == [200] * 9
    assert sign_in(client, "wrong") == 429
    response = client.post(reverse("login"), {"login": "alice", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1")
    assert response.status_code == 429
    assert "10 wrong passwords for this name came from your address" in response.content.decode()
    assert response["Retry-After"] == "900"
    assert not is_signed_in(client)
    # Neither another person at that address nor the person elsewhere pays for it.
    assert sign_in(Client(), "bob's own secret", "bob") == 302
    assert sign_in(Client(), PASSWORD, address="192.0.2.2") == 302


def test_the_right_password_begins_counting_anew(alice: User) -> None:
    assert [sign_in(Client(), "wrong") for _ in range(9)] == [200] * 9
    assert sign_in(Client(), PASSWORD) == 302
    assert [sign_in(Client(), "wrong") for _ in range(9)] == [200] * 9


def test_behind_a_proxy_the_address_is_that_of_the_person(alice: User, settings: Settings) -> None:
    settings.PROXIES = 1
    for _ in range(10):
        Client().post(
            reverse("login"),
            {"login": "alice", "password": "wrong"},
            REMOTE_ADDR="10.0.0.1",
            # What stands before the proxy's own entry, anybody can make up.
            headers={"X-Forwarded-For": "198.51.100.9, 192.0.2.7"},
        )
    assert [attempt.ip_address for attempt in AccessAttempt.objects.all()] == ["192.0.2.7"]


def test_an_account_that_is_switched_off_does_not_come_in(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    client = Client()
    assert sign_in(client, PASSWORD) == 200
    assert not is_signed_in(client)


def test_sign_up_is_closed_unless_the_site_opens_it(db: None, settings: Settings) -> None:
    asked = {"username": "carol", "password1": "carol's own secret", "password2": "carol's own secret"}
    assert "By invitation only" in Client().get(reverse("account_signup")).content.decode()
    Client().post(reverse("account_signup"), asked)
    assert not User.objects.filter(username="carol").exists()
    assert reverse("account_signup") not in Client().get(reverse("login")).content.decode()
    settings.SIGN_UP = True
    client = Client()
    assert reverse("account_signup") in client.get(reverse("login")).content.decode()
    assert client.post(reverse("account_signup"), asked).status_code == 302
    assert is_signed_in(client)
    assert not User.objects.get(username="carol").is_staff


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.org")
    response = Client().post(reverse("account_reset_password"), {"email": "alice@example.org"}, follow=True)
    assert "stands in the output of its web process" in on_one_line(response.content.decode())
    letter = mail.outbox[0]
    assert letter.to == ["alice@example.org"]
    found = re.search(r"http://testserver(\S+)", str(letter.body))
    assert found
    client = Client()
    form = client.get(found[1], follow=True)
    new = {"password1": "another secret of hers", "password2": "another secret of hers"}
    assert client.post(form.redirect_chain[-1][0], new).status_code == 302
    assert sign_in(Client(), "another secret of hers") == 302
    assert "This link is closed" in Client().get(found[1], follow=True).content.decode()


def test_an_address_that_nobody_has_gets_no_letter_and_no_other_answer(alice: User) -> None:
    response = Client().post(reverse("account_reset_password"), {"email": "nobody@example.org"}, follow=True)
    assert "Look into your mail" in response.content.decode()
    assert mail.outbox == []


def test_changing_the_password_signs_out_the_other_browsers(alice: User) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        assert sign_in(client, PASSWORD) == 302
    changed = {"oldpassword": PASSWORD, "password1": "another secret of hers", "password2": "another secret of hers"}
    assert here.post(reverse("account_change_password"), changed).status_code == 302
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)


def test_the_second_factor_is_set_up_and_asked_for_from_then_on(alice: User) -> None:
    client = Client()
    sign_in(client, PASSWORD)
    confirm(client)
    form = client.get(reverse("mfa_activate_totp"))
    content = form.content.decode()
    assert "<svg" in content
    assert "data:image" not in content  # which the content security policy refuses
    secret = form.context["form"].secret
    assert client.post(reverse("mfa_activate_totp"), {"code": "000000"}).status_code == 200
    assert client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}).status_code == 302
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert len(codes) == 10

    again = Client()
    assert sign_in(again, PASSWORD) == 302
    assert not is_signed_in(again)
    assert again.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert not is_signed_in(again)
    assert again.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 302
    assert is_signed_in(again)

    once_more = Client()
    sign_in(once_more, PASSWORD)
    assert once_more.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 200, "it works once"


def test_codes_of_the_second_factor_cannot_be_guessed(alice: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    client = Client()
    sign_in(client, PASSWORD)
    for number in range(10):
        client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"})
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert not is_signed_in(client)


def test_staff_gets_no_further_than_to_the_second_factor_where_the_site_asks_for_it(
    staff: User, alice: User, settings: Settings
) -> None:
    settings.STAFF_TWO_FACTOR = True
    client = Client()
    assert sign_in(client, "staff's own secret", "staff") == 302
    for address in (reverse("home"), reverse("admin:index"), reverse("api-datasets"), reverse("status")):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, reverse("mfa_activate_totp")), address
    confirm(client, "staff's own secret")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    TOTP.activate(staff, generate_totp_secret())
    assert client.get(reverse("admin:index")).status_code == 200
    other = Client()
    sign_in(other, PASSWORD)
    assert other.get(reverse("home")).status_code == 200


def test_the_administration_has_no_sign_in_of_its_own(staff: User, alice: User) -> None:
    response = Client().get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("login"))
    signed_in = Client()
    signed_in.force_login(alice)
    assert signed_in.get(reverse("admin:login")).status_code == 403


def test_the_administration_shows_no_secret_of_a_factor_and_resets_it(staff: User, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    factor = Authenticator.objects.get()
    client = Client()
    client.force_login(staff)
    shown = client.get(reverse("admin:mfa_authenticator_change", args=[factor.pk])).content.decode()
    assert "alice" in shown
    assert factor.data["secret"] not in shown
    chosen = {"action": "reset", "_selected_action": [factor.pk]}
    assert client.post(reverse("admin:mfa_authenticator_changelist"), chosen).status_code == 302
    assert not Authenticator.objects.exists()


def test_a_new_mail_address_counts_once_its_letter_is_answered(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(email="old@example.org")
    client = Client()
    sign_in(client, PASSWORD)
    confirm(client)
    client.post(reverse("account_email"), {"email": "new@example.org", "action_add": "1"})
    alice.refresh_from_db()
    assert alice.email == "old@example.org"
    assert [letter.to for letter in mail.outbox] == [["new@example.org"]]
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[0].body))
    assert found
    assert client.post(found[1]).status_code == 302
    alice.refresh_from_db()
    assert alice.email == "new@example.org"
