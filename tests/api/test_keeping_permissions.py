"""What each changes by the operations on collections and saved searches; the walk (tests/permissions) has tokens."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.accounts.tokens import create_token
from search.embeddings.encode_images import embed_images
from search.models import CollectionImage, CollectionMember, SavedSearch
from search.versions.build import build_version
from tests.conftest import FAKE_ENCODER, MakeDataset, MakeImages
from tests.permissions.answers import schema_operations
from tests.web.collections.kept import PEOPLE, Trip, client_of, make_trip

# In the order of PEOPLE: anonymous, stranger, viewer, editor, owner, staff.
ALL = (200, 200, 200, 200, 200, 200)
SEEN = (404, 404, 200, 200, 200, 200)
EDITED = (401, 404, 403, 200, 200, 200)
MANAGED = (401, 404, 403, 403, 200, 200)
ENDED = (401, 404, 403, 403, 204, 204)
SIGNED_IN = (401, 201, 201, 201, 201, 201)
OWN_SEEN = (404, 404, 404, 404, 200, 404)
OWN_CHANGED = (401, 404, 404, 404, 200, 404)
OWN_ENDED = (401, 404, 404, 404, 204, 404)


@dataclass(frozen=True)
class Asked:
    """One operation: what it is called, where it lies, what is sent, and what each of PEOPLE gets."""

    name: str
    route: str
    arguments: list[Any]
    statuses: tuple[int, ...]
    body: dict[str, Any] = field(default_factory=dict)

    def status(self, client: Client) -> int:
        method, address = schema_operations()[self.name][0], reverse(self.route, args=self.arguments)
        return client.generic(method, address, json.dumps(self.body), content_type="application/json").status_code


@pytest.fixture
def trip(make_images: MakeImages, make_dataset: MakeDataset) -> Trip:
    """The public dataset of the trip is searchable here."""
    made = make_trip(make_images, make_dataset)
    embed_images([made.public], FAKE_ENCODER)
    build_version(made.public.dataset, FAKE_ENCODER)
    return made


def kept(trip: Trip) -> list[Asked]:
    """Every operation on what people keep; the last ones end what the others need."""
    collection, saved = [trip.collection.pk], [trip.saved.pk]
    viewer = CollectionMember.objects.get(person__username="viewer").person_id
    images = {"images": [trip.public.pk]}
    query = {"name": "Reds", "query": "q=red&dataset=public"}
    return [
        Asked("list_collections", "api-collections", [], ALL),
        Asked("get_collection", "api-collection", collection, SEEN),
        Asked("list_collected", "api-collected", collection, SEEN),
        Asked("create_collection", "api-collections", [], SIGNED_IN, {"name": "Another"}),
        Asked("rename_collection", "api-collection", collection, MANAGED, {"name": "Journey"}),
        Asked("add_to_collection", "api-collected", collection, EDITED, images),
        Asked("remove_from_collection", "api-collected-remove", collection, EDITED, images),
        Asked("share_collection", "api-members", collection, MANAGED, {"person": "stranger", "role": "viewer"}),
        Asked("renew_link", "api-link", collection, MANAGED),
        Asked("revoke_link", "api-link", collection, ENDED),
        Asked("unshare_collection", "api-member", [*collection, viewer], (401, 404, 204, 403, 204, 204)),
        Asked("delete_collection", "api-collection", collection, (401, 404, 404, 403, 204, 204)),
        Asked("list_saved_searches", "api-saved-searches", [], ALL),
        Asked("get_saved_search", "api-saved-search", saved, OWN_SEEN),
        Asked("run_saved_search", "api-saved-hits", saved, OWN_SEEN),
        Asked("save_search", "api-saved-searches", [], SIGNED_IN, query),
        Asked("rename_saved_search", "api-saved-search", saved, OWN_CHANGED, {"name": "Ours"}),
        Asked("delete_saved_search", "api-saved-search", saved, OWN_ENDED),
    ]


def headers_of(who: str, *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(User.objects.get(username=who), 'a program', scopes)[1]}"}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_does_what_is_theirs_or_shared_with_them(trip: Trip, who: str) -> None:
    client, place, asked, link = client_of(who), PEOPLE.index(who), kept(trip), trip.link
    assert [(one.name, one.status(client)) for one in asked] == [(one.name, one.statuses[place]) for one in asked]
    if who not in {"owner", "staff"}:
        trip.collection.refresh_from_db()
        assert (trip.collection.name, trip.collection.link) == ("Trip", link)
        count = CollectionImage.objects.filter(collection=trip.collection).count()
        assert count == (2 if who == "editor" else 3)
    assert SavedSearch.objects.filter(pk=trip.saved.pk, name="Mine").exists() is (who != "owner")


@pytest.mark.parametrize("who", ["anonymous", "stranger", "viewer"])
def test_an_answer_names_nothing_of_what_stays_hidden(trip: Trip, who: str) -> None:
    client = client_of(who)
    for route in ("api-collection", "api-collected"):
        content = client.get(reverse(route, args=[trip.collection.pk])).content
        for hidden in (b"Owned", b"owned", b"deep", b"Foreign", b"far.png", b"/nowhere", trip.link.encode()):
            assert hidden not in content, (route, hidden)


def test_what_is_shared_can_be_fetched_with_a_token_below_the_collection(trip: Trip) -> None:
    headers = headers_of("viewer", "read")
    listed = Client().get(reverse("api-collected", args=[trip.collection.pk]), headers=headers).json()["images"]
    (shared,) = [image for image in listed if image["dataset"] is None]
    assert (shared["image_id"], shared["name"]) == (trip.owned.pk, "secret.png")
    for address in (shared["thumbnail_url"], shared["original_url"]):
        assert Client().get(address, headers=headers).status_code == 200
        assert Client().get(address).status_code == 404
        assert Client().get(address, headers=headers_of("stranger", "read")).status_code == 404
