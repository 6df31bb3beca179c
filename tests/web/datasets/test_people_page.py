"""The page on which who manages a dataset lets people and groups in, and takes their roles away."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from search.models import Dataset, DatasetRole
from search.permissions.visibility import can_edit, can_manage, editable_datasets, managed_datasets, visible_datasets
from tests.conftest import MakeDataset, MakeImages
from tests.web.markup import on_one_line


@pytest.fixture
def secrets(make_images: MakeImages, make_dataset: MakeDataset, alice: User) -> Dataset:
    return make_dataset(make_images("private"), "Secrets", alice, private=True)


def act(who: User, dataset: Dataset, action: str, **fields: str | int) -> int:
    client = Client()
    client.force_login(who)
    return client.post(reverse("people-action", args=[dataset.slug, action]), fields).status_code


def abilities(person: User, dataset: Dataset) -> tuple[bool, bool, bool]:
    """Whether they see, edit and manage it, by the sets and by the questions alike."""
    sees = visible_datasets(person).filter(pk=dataset.pk).exists()
    edits = editable_datasets(person).filter(pk=dataset.pk).exists()
    manages = managed_datasets(person).filter(pk=dataset.pk).exists()
    assert (can_edit(person, dataset), can_manage(person, dataset)) == (edits, manages)
    return sees, edits, manages


@pytest.mark.parametrize(
    ("role", "may"), [("viewer", (True, False, False)), ("editor", (True, True, False)), ("owner", (True, True, True))]
)
def test_a_role_gives_what_it_says_and_ends_when_it_is_taken_away(
    secrets: Dataset, alice: User, bob: User, role: str, may: tuple[bool, bool, bool]
) -> None:
    assert abilities(bob, secrets) == (False, False, False)
    assert act(alice, secrets, "give", person="bob", role=role) == 302
    assert abilities(bob, secrets) == may
    assert act(alice, secrets, "withdraw", entry=DatasetRole.objects.get().pk) == 302
    assert abilities(bob, secrets) == (False, False, False)


def test_members_of_a_group_have_its_role_while_they_are_in_it(secrets: Dataset, alice: User, bob: User) -> None:
    friends = Group.objects.create(name="Friends")
    alice.groups.add(friends)
    act(alice, secrets, "give-group", group=friends.pk, role="editor")
    assert abilities(bob, secrets) == (False, False, False)
    bob.groups.add(friends)
    assert abilities(bob, secrets) == (True, True, False)
    bob.groups.remove(friends)
    assert abilities(bob, secrets) == (False, False, False)


def test_of_several_roles_the_highest_counts(secrets: Dataset, alice: User, bob: User) -> None:
    friends = Group.objects.create(name="Friends")
    alice.groups.add(friends)
    bob.groups.add(friends)
    act(alice, secrets, "give", person="bob", role="viewer")
    act(alice, secrets, "give-group", group=friends.pk, role="owner")
    assert abilities(bob, secrets) == (True, True, True)


def test_a_closed_account_manages_nothing_whatever_its_role(secrets: Dataset, alice: User, bob: User) -> None:
    act(alice, secrets, "give", person="bob", role="owner")
    bob.is_active = False
    assert (can_edit(bob, secrets), can_manage(bob, secrets)) == (False, False)
    alice.is_active = False
    assert (can_edit(alice, secrets), can_manage(alice, secrets)) == (False, False)


def test_giving_again_changes_the_role(secrets: Dataset, alice: User, bob: User) -> None:
    act(alice, secrets, "give", person="bob", role="viewer")
    act(alice, secrets, "give", person="bob", role="editor")
    assert [one.role for one in secrets.roles.all()] == ["editor"]


@pytest.mark.parametrize(
    ("action", "fields", "sentence"),
    [
        ("give", {"person": "nobody", "role": "viewer"}, "Nobody signs in here as"),
        ("give", {"person": "alice", "role": "viewer"}, "alice owns Secrets"),
        ("give", {"person": "bob", "role": "king"}, "There is no role"),
        ("give-group", {"group": "1", "role": "viewer"}, "There is no such group here"),
        ("visibility", {"visibility": "secret"}, "A dataset is public or private"),
    ],
)
def test_what_cannot_be_given_gets_a_sentence(
    secrets: Dataset, alice: User, bob: User, action: str, fields: dict[str, str], sentence: str
) -> None:
    Group.objects.create(pk=1, name="Others")  # of which alice is no member
    client = Client()
    client.force_login(alice)
    response = client.post(reverse("people-action", args=[secrets.slug, action]), fields, follow=True)
    assert sentence in response.content.decode()
    assert not secrets.roles.exists()


def test_the_administration_gives_a_role_to_a_person_or_to_a_group_and_not_to_both(
    secrets: Dataset, staff: User, bob: User
) -> None:
    friends = Group.objects.create(name="Friends")
    client = Client()
    client.force_login(staff)
    address = reverse("admin:search_datasetrole_add")
    both = {"dataset": secrets.pk, "person": bob.pk, "group": friends.pk, "role": "viewer"}
    for fields in (both, both | {"person": "", "group": ""}):
        assert "Name a person or a group: one of the two." in client.post(address, fields).content.decode()
    assert client.post(address, both | {"group": ""}).status_code == 302
    assert [(one.person, one.group) for one in secrets.roles.all()] == [(bob, None)]


def test_an_owner_by_a_role_shares_on_and_makes_it_public(secrets: Dataset, alice: User, bob: User) -> None:
    act(alice, secrets, "give", person="bob", role="owner")
    assert act(bob, secrets, "visibility", visibility="public") == 302
    secrets.refresh_from_db()
    assert secrets.visibility == Dataset.Visibility.PUBLIC


def test_who_only_edits_has_no_such_page(secrets: Dataset, alice: User, bob: User) -> None:
    act(alice, secrets, "give", person="bob", role="editor")
    client = Client()
    client.force_login(bob)
    assert client.get(reverse("people", args=[secrets.slug])).status_code == 404
    assert act(bob, secrets, "give", person="bob", role="owner") == 404


def test_the_page_shows_who_has_which_role(secrets: Dataset, alice: User, bob: User) -> None:
    act(alice, secrets, "give", person="bob", role="editor")
    client = Client()
    client.force_login(alice)
    content = on_one_line(client.get(reverse("people", args=[secrets.slug])).content.decode())
    assert 'value="editor" selected' in content
    assert "alice owns it" in content


def test_what_somebody_sees_is_one_query_whatever_their_roles(
    secrets: Dataset, alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    act(alice, secrets, "give", person="bob", role="viewer")
    bob = User.objects.get(pk=bob.pk)
    with django_assert_num_queries(1):
        assert [dataset.name for dataset in visible_datasets(bob)] == ["Secrets"]


def test_visitors_see_public_datasets_only_where_the_site_lets_them(
    secrets: Dataset, bob: User, settings: Settings
) -> None:
    Dataset.objects.update(visibility=Dataset.Visibility.PUBLIC)
    address = reverse("dataset", args=[secrets.slug])
    signed_in = Client()
    signed_in.force_login(bob)
    assert (Client().get(address).status_code, signed_in.get(address).status_code) == (200, 200)
    settings.ANONYMOUS = False
    assert (Client().get(address).status_code, signed_in.get(address).status_code) == (404, 200)
