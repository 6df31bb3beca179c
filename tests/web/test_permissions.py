"""What the walk (tests/permissions) does not ask: lists, changes of mind, controls of runs in datasets that all see."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.maps.draw import newest_projection
from search.models import Dataset
from workers.models import Run


def client_of(who: str) -> Client:
    client = Client()
    if who != "anonymous":
        client.force_login(User.objects.get(username=who))
    return client


@pytest.mark.parametrize("address", ["home", "dashboard"])
def test_lists_leave_a_private_dataset_out_for_strangers(
    private: Dataset, bob: User, alice: User, address: str
) -> None:
    Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE)
    assert b"Secrets" not in Client().get(reverse(address)).content
    assert b"Secrets" not in client_of("bob").get(reverse(address)).content
    assert b"Secrets" in client_of("alice").get(reverse(address)).content


def test_a_dataset_made_private_is_gone_at_once(public: Dataset) -> None:
    address = reverse("image", args=[public.images.get(name="red.png").pk])
    assert Client().get(address).status_code == 200
    Dataset.objects.filter(pk=public.pk).update(visibility=Dataset.Visibility.PRIVATE)
    assert Client().get(address).status_code == 404


def test_a_map_of_one_dataset_cannot_be_had_through_another(public: Dataset, private: Dataset) -> None:
    projection = newest_projection(private)
    assert projection is not None
    assert Client().get(reverse("map-level", args=[public.slug, projection.pk, 0])).status_code == 404


def test_the_path_on_the_server_is_shown_to_who_manages_only(public: Dataset, staff: User) -> None:
    address = reverse("image", args=[public.images.get(name="red.png").pk])
    assert public.source_path.encode() not in Client().get(address).content
    assert public.source_path.encode() in client_of("staff").get(address).content


@pytest.mark.parametrize(("who", "status"), [("anonymous", 404), ("bob", 404), ("alice", 302), ("staff", 302)])
def test_only_who_manages_controls_a_run(
    transactional_db: None, private: Dataset, bob: User, staff: User, who: str, status: int
) -> None:
    Dataset.objects.update(visibility=Dataset.Visibility.PUBLIC)  # to see it is not to manage it
    run = Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e")
    client = client_of(who)
    assert client.get(reverse("run-control", args=[run.pk, "pause"])).status_code == 405
    for action in ("pause", "resume", "cancel"):
        assert client.post(reverse("run-control", args=[run.pk, action])).status_code == status
    assert client.post(reverse("run-control", args=[run.pk, "explode"])).status_code == 404
    run.refresh_from_db()
    assert (run.state == Run.State.CANCELLED) is (status == 302)
