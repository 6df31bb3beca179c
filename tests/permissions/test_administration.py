"""The administration: closed to all but staff, and every page of it answers them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, reverse

from tests.permissions.answers import answer_to
from tests.permissions.table import MANAGED_IN_ADMIN, SIGNED_IN, STAFF
from tests.permissions.world import NAMES, PEOPLE, World, client_of


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - STAFF))
def test_the_administration_is_closed_to_all_but_staff(world: World, who: str) -> None:
    client = client_of(who)
    wrong = {}
    for address in admin_addresses(world):
        status, location, body = answer_to(client, "GET", address, {})
        if address == reverse("admin:login") and who in SIGNED_IN:
            is_right = status == 403
        else:
            # Django's own way out leads to the entrance, which asks anew.
            entrances = [reverse("admin:login"), reverse("login")]
            entrances += [reverse("admin:index")] if address == reverse("admin:logout") else []
            is_right = status == 302 and location.startswith(tuple(entrances))
        if not is_right or any(name in body for name in NAMES):
            wrong[address] = f"{status} {location}"
    assert wrong == {}


def test_every_page_of_the_administration_answers_its_staff(world: World) -> None:
    client = client_of("staff")
    statuses = {address: answer_to(client, "GET", address, {})[0] for address in admin_addresses(world)}
    # Some records are to be looked at only, and logging out is answer_of_page by POST.
    assert {address: status for address, status in statuses.items() if status not in {200, 302, 403, 404, 405}} == {}
    assert statuses[reverse("admin:search_dataset_change", args=[world.dataset.pk])] == 200


def test_every_page_of_the_administration_is_one_of_the_table() -> None:
    assert {model._meta.label for model in admin.site._registry} == MANAGED_IN_ADMIN


def admin_addresses(world: World) -> list[str]:
    """Every address of the admin, with the number of something where it takes one."""
    found = []
    for pattern in admin_patterns():
        name, places = f"admin:{pattern.name}", len(pattern.pattern.converters)
        if pattern.name is None or pattern.name in {"view_on_site", "app_list"}:
            continue
        number = {"search_dataset": world.dataset.pk}.get(pattern.name.rpartition("_")[0], 1)
        found.append(reverse(name, args=[number] * places))
    return [*found, reverse("admin:app_list", args=["search"])]


def admin_patterns() -> Iterator[URLPattern]:
    waiting = list(admin.site.urls[0])
    while waiting:
        pattern = waiting.pop()
        if isinstance(pattern, URLResolver):
            waiting += pattern.url_patterns
        else:
            yield pattern
