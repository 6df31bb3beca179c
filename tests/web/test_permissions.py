"""What the walk (tests/permissions) does not ask: changes of mind, and what becomes of a run that some may control."""

from __future__ import annotations

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


def test_only_who_manages_controls_a_run(transactional_db: None, private: Dataset, alice: User, bob: User) -> None:
    Dataset.objects.update(visibility=Dataset.Visibility.PUBLIC)  # to see it is not to manage it
    run = Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e")
    for who, status, state in (("bob", 404, Run.State.ACTIVE), ("alice", 302, Run.State.CANCELLED)):
        client = client_of(who)
        assert client.get(reverse("run-control", args=[run.pk, "pause"])).status_code == 405
        for action in ("pause", "resume", "cancel"):
            assert client.post(reverse("run-control", args=[run.pk, action])).status_code == status
        run.refresh_from_db()
        assert run.state == state
