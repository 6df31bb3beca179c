"""Who besides its owner does what in a dataset: roles are given to people and groups, and taken away again."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.db.models import QuerySet

from search.errors import RoleRefused
from search.models import Dataset, DatasetRole
from search.permissions.visibility import Person

Role = DatasetRole.Role


def roles_in(dataset: Dataset) -> QuerySet[DatasetRole]:
    """Returns the roles in a dataset: groups first by name, then people; person and group joined."""
    return dataset.roles.select_related("person", "group").order_by("group__name", "person__username", "pk")


def give_person(dataset: Dataset, user_name: str, role: str) -> DatasetRole:
    """Gives a person a role or another one. Raises RoleRefused for somebody unknown and for the owner."""
    user_name = user_name.replace("\0", "").strip()
    person = User.objects.filter(username=user_name, is_active=True).first()
    if person is None:
        raise RoleRefused(f"Nobody signs in here as {user_name[:150]!r}. Ask for the name with which they sign in.")
    if person.pk == dataset.owner_id:
        raise RoleRefused(f"{person.username} owns {dataset.name} and may do everything with it already.")
    granted, _ = DatasetRole.objects.update_or_create(dataset=dataset, person=person, defaults={"role": _role(role)})
    return granted


def give_group(dataset: Dataset, group: Group, role: str) -> DatasetRole:
    """Gives all members of a group, now and later, a role or another one. Raises RoleRefused."""
    granted, _ = DatasetRole.objects.update_or_create(dataset=dataset, group=group, defaults={"role": _role(role)})
    return granted


def withdraw(dataset: Dataset, role_id: int) -> bool:
    """Takes a role away: whoever had it sees only what everybody sees. Returns whether there was such a role."""
    return bool(dataset.roles.filter(pk=role_id).delete()[0])


def change_visibility(dataset: Dataset, visibility: str) -> None:
    """Changes the visibility of a dataset. Raises RoleRefused for what is no visibility."""
    if visibility not in Dataset.Visibility.values:
        raise RoleRefused(f"A dataset is {' or '.join(Dataset.Visibility.values)}, not {visibility[:20]!r}.")
    Dataset.objects.filter(pk=dataset.pk).update(visibility=visibility)
    dataset.visibility = visibility


def groups_known_to(person: Person) -> QuerySet[Group]:
    """Returns the groups that the person may name: those that they belong to, and for staff all."""
    groups = Group.objects.order_by("name")
    return groups if getattr(person, "is_staff", False) else groups.filter(user=person.pk)


def _role(role: str) -> str:
    if role not in Role.values:
        raise RoleRefused(f"There is no role {role[:40]!r}; it is one of {', '.join(Role.values)}.")
    return role
