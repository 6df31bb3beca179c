"""Who gets what from each operation of the API: people, and tokens that are narrow, expired, revoked or unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clipsite.api.docs import schema
from search.accounts.tokens import create_token, revoke
from search.maps.draw import newest_projection
from search.maps.regions import Region
from search.maps.selections import select
from search.models import ApiToken, Dataset
from workers.models import Run

LISTS = {"list_datasets", "list_runs"}
"""They answer everybody, and leave out what is not theirs to see."""

KEEPING_TAGS = {"collections", "saved-searches"}
"""What these name belongs to people rather than to datasets; test_keeping_permissions.py asks them."""

Asks = Callable[[str, str], HttpResponse]


def addresses(dataset: Dataset, run: Run) -> dict[str, str]:
    """An address of each operation that names something of the dataset."""
    image = dataset.images.get(name="secret.png")
    projection = newest_projection(dataset)
    assert projection is not None
    named = [dataset.slug, projection.pk]
    whole = Region(rectangle=np.array([[-1e6, -1e6], [1e6, 1e6]]))
    token = select(dataset, projection, AnonymousUser(), whole, None).token  # theirs who have it
    return {
        "list_datasets": reverse("api-datasets"),
        "get_dataset": reverse("api-dataset", args=[dataset.slug]),
        "list_images": reverse("api-images", args=[dataset.slug]),
        "get_image": reverse("api-image", args=[image.pk]),
        "search": f"{reverse('api-search')}?dataset={dataset.slug}&q=navy",
        "similar": reverse("api-similar", args=[image.pk]),
        "list_tags": reverse("api-tags", args=[dataset.slug]),
        "list_image_tags": reverse("api-image-tags", args=[image.pk]),
        "add_tag": reverse("api-image-tags", args=[image.pk]),
        "remove_tag": reverse("api-image-tags-remove", args=[image.pk]),
        "list_image_duplicates": reverse("api-image-duplicates", args=[image.pk]),
        "list_duplicates": reverse("api-duplicates", args=[dataset.slug]),
        "list_runs": reverse("api-runs"),
        "get_run": reverse("api-run", args=[run.pk]),
        "start_run": reverse("api-run-start", args=[dataset.slug]),
        "pause_run": reverse("api-run-pause", args=[run.pk]),
        "resume_run": reverse("api-run-resume", args=[run.pk]),
        "cancel_run": reverse("api-run-cancel", args=[run.pk]),
        "list_failures": reverse("api-failures", args=[dataset.slug]),
        "list_projections": reverse("api-projections", args=[dataset.slug]),
        "get_projection": reverse("api-projection", args=named),
        "list_points": reverse("api-points", args=named),
        "select_on_map": reverse("api-selections", args=named),
        "list_selected": reverse("api-selection", args=[*named, token]),
    }


def operations() -> dict[str, tuple[str, str, str]]:
    """Method, scope and subject of each operation that the schema describes."""
    return {
        operation["operationId"]: (method, operation["x-scope"], operation["tags"][0])
        for methods in schema()["paths"].values()
        for method, operation in methods.items()
    }


def statuses(ask: Asks, dataset: Dataset) -> dict[str, int]:
    """What each operation answers. The run is a new one each time, so that it can be controlled."""
    run = Run.objects.create(dataset=dataset, kind=Run.Kind.INDEX, encoder="e")
    found = {}
    for name, address in addresses(dataset, run).items():
        if name == "start_run":
            Run.objects.filter(pk=run.pk).update(state=Run.State.DONE)
        found[name] = ask(operations()[name][0], address).status_code
        if name == "start_run":
            Run.objects.exclude(pk=run.pk).delete()
            Run.objects.filter(pk=run.pk).update(state=Run.State.ACTIVE)
    run.delete()
    return found


def asking(client: Client, **headers: str) -> Asks:
    def ask(method: str, address: str) -> HttpResponse:
        more: dict[str, Any] = {"headers": headers}
        if method == "post":
            body = {"kind": "plan", "name": "warm", "rectangle": [0, 0, 1, 1]}
            return cast("HttpResponse", client.post(address, body, content_type="application/json", **more))
        return cast("HttpResponse", client.get(address, **more))

    return ask


def test_the_table_covers_every_operation(private: Dataset) -> None:
    run = Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE)
    assert set(addresses(private, run)) == {
        name for name, (_, _, subject) in operations().items() if subject not in KEEPING_TAGS
    }


@pytest.mark.parametrize("who", ["anonymous", "bob", "alice", "staff"])
@pytest.mark.parametrize("by", ["session", "token"])
def test_a_private_dataset_exists_for_its_owner_and_staff_only(
    transactional_db: None, private: Dataset, bob: User, staff: User, who: str, by: str
) -> None:
    client, headers = Client(), {}
    if who != "anonymous" and by == "session":
        client.force_login(User.objects.get(username=who))
    elif who != "anonymous":
        secret = create_token(User.objects.get(username=who), "all", ApiToken.Scope.values)[1]
        headers = {"Authorization": f"Bearer {secret}"}
    for name, status in statuses(asking(client, **headers), private).items():
        if name in LISTS or who in {"alice", "staff"}:
            expected = 201 if name == "start_run" else 200
        else:
            expected = 401 if who == "anonymous" and operations()[name][1] == "write" else 404
        assert status == expected, name


def test_who_sees_a_dataset_does_not_manage_it(transactional_db: None, private: Dataset, bob: User) -> None:
    Dataset.objects.update(visibility=Dataset.Visibility.PUBLIC)
    client = Client()
    client.force_login(bob)
    for name, status in statuses(asking(client), private).items():
        assert status == (403 if operations()[name][1] == "write" else 200), name
    for name, status in statuses(asking(Client()), private).items():
        assert status == (401 if operations()[name][1] == "write" else 200), name


@pytest.mark.parametrize("scope", ApiToken.Scope.values)
def test_a_token_does_what_its_scope_says_and_no_more(
    transactional_db: None, private: Dataset, alice: User, scope: str
) -> None:
    secret = create_token(alice, "narrow", [scope])[1]
    for name, status in statuses(asking(Client(), Authorization=f"Bearer {secret}"), private).items():
        fits = operations()[name][1] == scope
        assert status == (201 if name == "start_run" else 200) if fits else status == 403, name


@pytest.mark.parametrize("state", ["expired", "revoked", "unknown"])
def test_a_token_that_is_none_opens_nothing_even_of_what_is_public(
    transactional_db: None, private: Dataset, alice: User, state: str
) -> None:
    Dataset.objects.update(visibility=Dataset.Visibility.PUBLIC)
    token, secret = create_token(alice, "old", ApiToken.Scope.values, days=1)
    if state == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    elif state == "revoked":
        revoke(token)
    else:
        token.delete()
    found = statuses(asking(Client(), Authorization=f"Bearer {secret}"), private)
    assert set(found.values()) == {401}


def test_lists_leave_out_what_is_not_ones_own(private: Dataset, bob: User) -> None:
    Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE)
    for name in ("api-datasets", "api-runs"):
        client = Client()
        assert b"Secrets" not in client.get(reverse(name)).content
        client.force_login(bob)
        assert b"Secrets" not in client.get(reverse(name)).content
        client.force_login(User.objects.get(username="alice"))
        assert b"Secrets" in client.get(reverse(name)).content


def test_a_browser_needs_the_csrf_token_to_change_something(private: Dataset, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    run = Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e")
    address = reverse("api-run-pause", args=[run.pk])
    refused = client.post(address)
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert "X-CSRFToken" in refused.json()["detail"]
    client.get(reverse("tokens"))
    allowed = client.post(address, headers={"X-CSRFToken": client.cookies["csrftoken"].value})
    assert (allowed.status_code, allowed.json()["is_paused"]) == (200, True)
