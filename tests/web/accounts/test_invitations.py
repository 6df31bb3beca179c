"""Invitations: made by staff, used once, by whoever has the link, until their day; and the role that they bring."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from search.accounts.invitations import accept, create_invitation, digest_of
from search.accounts.invitations import revoke as revoke_invitation
from search.models import Dataset, DatasetRole, Invitation
from tests.conftest import MakeDataset, MakeImages


@pytest.fixture
def secrets(make_images: MakeImages, make_dataset: MakeDataset, staff: User) -> Dataset:
    return make_dataset(make_images("private"), "Secrets", staff, private=True)


@pytest.fixture
def inviting(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def link_of(inviting: Client, **fields: str) -> str:
    """The path of the link that the page shows once."""
    response = inviting.post(reverse("invitations"), {"days": "7", **fields})
    assert response.status_code == 200
    return str(response.context["link"]).removeprefix("http://testserver")


def sign_up(client: Client, name: str = "carol") -> int:
    fields = {"username": name, "password1": f"{name}'s own secret", "password2": f"{name}'s own secret"}
    return client.post(reverse("account_signup"), fields).status_code


def test_whoever_has_the_link_makes_an_account_with_its_role(inviting: Client, secrets: Dataset) -> None:
    link = link_of(inviting, dataset="secrets", role="editor")
    client = Client()
    assert client.get(link)["Location"] == reverse("account_signup")
    assert sign_up(client) == 302
    assert client.get(reverse("dataset", args=["secrets"])).status_code == 200
    role = DatasetRole.objects.get()
    assert (role.dataset, role.person and role.person.username, role.role) == (secrets, "carol", "editor")
    used = Invitation.objects.get()
    assert (used.accepted_by, used.accepted_at is not None) == (role.person, True)


def test_it_is_used_up_by_the_first_account(inviting: Client) -> None:
    link = link_of(inviting)
    first, second = Client(), Client()
    for client in (first, second):  # both opened it before either made an account
        client.get(link)
    assert sign_up(first) == 302
    assert "By invitation only" in second.get(reverse("account_signup")).content.decode()
    sign_up(second, "dave")
    assert not User.objects.filter(username="dave").exists()
    assert "This invitation is closed" in Client().get(link).content.decode()


def test_of_two_that_are_accepted_at_once_only_one_counts(staff: User, alice: User, bob: User) -> None:
    secret = create_invitation(staff)[1]
    accept(digest_of(secret), alice)
    with pytest.raises(Exception, match="was used, revoked or has expired"):
        accept(digest_of(secret), bob)
    assert Invitation.objects.get().accepted_by == alice


@pytest.mark.parametrize("how", ["revoked", "expired", "unknown"])
def test_a_link_that_is_none_leads_nowhere(inviting: Client, how: str) -> None:
    link = link_of(inviting)
    opened = Client()
    opened.get(link)
    invitation = Invitation.objects.get()
    if how == "revoked":
        assert inviting.post(reverse("invitation-revoke", args=[invitation.pk])).status_code == 302
    elif how == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        invitation.delete()
    client = Client()
    assert client.get(link).status_code == 404
    # Not even for a browser that opened it while it was good.
    for browser in (client, opened):
        sign_up(browser)
    assert not User.objects.filter(username="carol").exists()


def test_only_a_digest_of_the_secret_is_kept_and_the_link_is_shown_once(inviting: Client) -> None:
    link = link_of(inviting)
    secret = link.rstrip("/").rpartition("/")[2]
    assert Invitation.objects.get().digest == digest_of(secret)
    assert secret not in inviting.get(reverse("invitations")).content.decode()


def test_a_letter_takes_the_link_to_whom_it_is_for(inviting: Client, settings: Settings) -> None:
    settings.MAIL_IS_SENT = True
    link = link_of(inviting, email="carol@example.org")
    letter = mail.outbox[0]
    found = re.search(r"http://testserver(\S+)", str(letter.body))
    assert found
    assert (letter.to, found[1]) == (["carol@example.org"], link)
    client = Client()
    assert client.get(link)["Location"] == f"{reverse('account_signup')}?email=carol%40example.org"
    assert 'value="carol@example.org"' in client.get(client.get(link)["Location"]).content.decode()


def test_a_mail_server_that_does_not_answer_revokes_it_and_says_so(inviting: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nothing listens
    response = inviting.post(reverse("invitations"), {"days": "7", "email": "carol@example.org"})
    assert response.status_code == 400
    assert "Check CLIPSITE_EMAIL_URL" in response.content.decode()
    assert Invitation.objects.get().revoked_at is not None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "no address"}, "is no mail address"),
        ({"days": "1000"}, "must be a whole number from 1 to 90"),
        ({"dataset": "nothing"}, "There is no dataset"),
        ({"role": "king"}, "There is no role"),
    ],
)
def test_what_cannot_be_made_gets_a_sentence(inviting: Client, fields: dict[str, str], sentence: str) -> None:
    response = inviting.post(reverse("invitations"), {"days": "7", **fields})
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert not Invitation.objects.exists()


def test_who_has_an_account_takes_the_role_over_when_they_say_so(
    inviting: Client, secrets: Dataset, alice: User
) -> None:
    link = link_of(inviting, dataset="secrets", role="viewer")
    client = Client()
    client.force_login(alice)
    assert "You are signed in as alice" in client.get(link).content.decode()
    assert not DatasetRole.objects.exists()
    assert client.post(link)["Location"] == reverse("dataset", args=["secrets"])
    assert DatasetRole.objects.get().person == alice


def test_no_invitation_takes_a_role_away(staff: User, secrets: Dataset, alice: User) -> None:
    DatasetRole.objects.create(dataset=secrets, person=alice, role="owner")
    accept(digest_of(create_invitation(staff, dataset=secrets, role="viewer")[1]), alice)
    assert DatasetRole.objects.get().role == "owner"


def test_revoking_what_is_used_changes_nothing(staff: User, alice: User) -> None:
    invitation, secret = create_invitation(staff)
    accept(digest_of(secret), alice)
    assert not revoke_invitation(invitation)
    assert Invitation.objects.get().revoked_at is None
