"""Who may look at and change what people keep: every address, asked by everybody it could concern."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from search.collections.collections import revoke_link
from search.models import CollectionImage, Dataset, SavedSearch
from tests.conftest import MakeDataset, MakeImages
from tests.web.collections.kept import PEOPLE, Trip, client_of, make_trip
from tests.web.conftest import downloaded

# In the order of PEOPLE: anonymous, stranger, viewer, editor, owner, staff.
MEMBERS = (404, 404, 200, 200, 200, 200)
SHARED = (404, 404, 200, 200, 302, 302)  # who sees the dataset is sent to the ordinary page
MANAGERS = (404, 404, 404, 404, 200, 200)
OWN = (404, 404, 404, 404, 200, 404)
SIGNED_IN = (302, 200, 200, 200, 200, 200)
STAFF = (404, 404, 404, 404, 404, 200)
BY_LINK = (200, 200, 200, 200, 200, 200)
NOBODY = (404, 404, 404, 404, 404, 404)


@pytest.fixture
def trip(make_images: MakeImages, make_dataset: MakeDataset) -> Trip:
    return make_trip(make_images, make_dataset)


def looked_at(trip: Trip) -> list[tuple[str, list[Any], tuple[int, ...]]]:
    """Route, arguments, and what each of PEOPLE gets."""
    collection, link, old = trip.collection.pk, trip.link, trip.old_link
    public, owned, foreign = trip.public.pk, trip.owned.pk, trip.foreign.pk
    return [
        ("collections", [], SIGNED_IN),
        ("collection", [collection], MEMBERS),
        ("collection-export", [collection], MEMBERS),
        ("collection-settings", [collection], MANAGERS),
        ("collection-image", [collection, public], (404, 404, 302, 302, 302, 302)),
        ("collection-thumbnail", [collection, public], MEMBERS),
        ("collection-original", [collection, public], MEMBERS),
        ("collection-image", [collection, owned], SHARED),
        ("collection-thumbnail", [collection, owned], MEMBERS),
        ("collection-original", [collection, owned], MEMBERS),
        ("collection-image", [collection, foreign], (404, 404, 404, 404, 404, 302)),
        ("collection-thumbnail", [collection, foreign], STAFF),
        ("collection-original", [collection, foreign], STAFF),
        # Sharing a collection opens nothing else of the dataset.
        ("image", [owned], MANAGERS),
        ("thumbnail", [owned], MANAGERS),
        ("original", [owned], MANAGERS),
        ("dataset", [trip.owned.dataset.slug], MANAGERS),
        ("shared", [link], BY_LINK),
        ("shared-export", [link], BY_LINK),
        ("shared-image", [link, owned], (200, 200, 200, 200, 302, 302)),
        ("shared-thumbnail", [link, owned], BY_LINK),
        ("shared-original", [link, owned], BY_LINK),
        ("shared-thumbnail", [link, public], BY_LINK),
        ("shared-thumbnail", [link, foreign], STAFF),
        ("shared-original", [link, foreign], STAFF),
        ("shared", [old], NOBODY),
        ("shared-export", [old], NOBODY),
        ("shared-image", [old, owned], NOBODY),
        ("shared-thumbnail", [old, public], NOBODY),
        ("shared-original", [old, owned], NOBODY),
        ("shared", ["None"], NOBODY),
        ("saved-searches", [], SIGNED_IN),
        ("saved-search", [trip.saved.pk], tuple(302 if status == 200 else status for status in OWN)),
        ("saved-search-glimpse", [trip.saved.pk], OWN),
        ("history", [], SIGNED_IN),
        ("history-recent", [], SIGNED_IN),
        ("collection-choices", [], SIGNED_IN),
    ]


@pytest.mark.parametrize("who", PEOPLE)
def test_each_sees_what_is_theirs_or_shared_with_them(trip: Trip, who: str) -> None:
    client, place = client_of(who), PEOPLE.index(who)
    got = [
        (route, arguments, client.get(reverse(route, args=arguments)).status_code)
        for route, arguments, _ in looked_at(trip)
    ]
    assert got == [(route, arguments, statuses[place]) for route, arguments, statuses in looked_at(trip)]


def changes(trip: Trip) -> list[tuple[str, list[Any], dict[str, Any], tuple[int, ...]]]:
    """Route, arguments, fields, and what each of PEOPLE gets; the last ones end what is changed."""
    collection = trip.collection.pk
    managers = (404, 404, 404, 404, 302, 302)
    return [
        ("collection-action", [collection, "rename"], {"name": "Journey"}, managers),
        ("collection-action", [collection, "share"], {"person": "stranger"}, managers),
        ("collection-action", [collection, "unshare"], {"person": "1"}, managers),
        ("collection-action", [collection, "link"], {}, managers),
        ("collection-action", [collection, "unlink"], {}, managers),
        ("collection-action", [collection, "explode"], {}, NOBODY),
        ("collect-images", [], {"image": [trip.public.pk], "collection": collection}, (302, 400, 400, 302, 302, 302)),
        ("collection-action", [collection, "remove"], {"image": [trip.public.pk]}, (404, 404, 404, 302, 302, 302)),
        ("collection-create", [], {"name": "Another"}, (302, 302, 302, 302, 302, 302)),
        ("export-images", [], {"image": [trip.public.pk]}, BY_LINK),
        ("export-images", [], {"image": [trip.owned.pk]}, MANAGERS),
        ("save-search", [], {"query": "q=red"}, (302, 302, 302, 302, 302, 302)),
        ("saved-search-action", [trip.saved.pk, "rename"], {"name": "Ours"}, (404, 404, 404, 404, 302, 404)),
        ("saved-search-action", [trip.saved.pk, "explode"], {}, NOBODY),
        ("saved-search-action", [trip.saved.pk, "delete"], {}, (404, 404, 404, 404, 302, 404)),
        ("history-action", ["clear"], {}, (302, 302, 302, 302, 302, 302)),
        ("history-action", ["explode"], {}, (302, 404, 404, 404, 404, 404)),
        ("collection-action", [collection, "leave"], {}, (404, 404, 302, 302, 404, 404)),
        ("collection-action", [collection, "delete"], {}, managers),
    ]


@pytest.mark.parametrize("who", PEOPLE)
def test_each_changes_what_they_may(trip: Trip, who: str) -> None:
    client, place = client_of(who), PEOPLE.index(who)
    for route, arguments, fields, statuses in changes(trip):
        address = reverse(route, args=arguments)
        if route != "collect-images":
            assert client.get(address).status_code == 405, route
        response = client.post(address, fields)
        assert (route, arguments, response.status_code) == (route, arguments, statuses[place])
        if who == "anonymous" and response.status_code == 302:
            assert response["Location"].startswith(reverse("login"))
    if who not in {"owner", "staff"}:
        trip.collection.refresh_from_db()
    assert trip.collection.name == "Trip"
    assert SavedSearch.objects.filter(pk=trip.saved.pk).exists() is (who != "owner")
    count = CollectionImage.objects.filter(collection=trip.collection).count()
    assert count == {"editor": 2, "owner": 0, "staff": 0}.get(who, 3)


@pytest.mark.parametrize("who", ["anonymous", "stranger", "viewer"])
def test_a_page_names_nothing_of_what_stays_hidden(trip: Trip, who: str) -> None:
    address = reverse("shared", args=[trip.link])
    for shown in (address, f"{address}image/{trip.owned.pk}/", f"{address}export", f"{address}export?format=json"):
        response = client_of(who).get(shown)
        content = downloaded(response) if response.streaming else response.content
        assert b"secret.png" in content
        for hidden in (b"Owned", b"owned", b"deep", b"Foreign", b"far.png", b"/nowhere"):
            assert hidden not in content, (shown, hidden)


def test_a_link_shows_only_what_its_owner_may_manage_now(trip: Trip) -> None:
    address = reverse("shared-thumbnail", args=[trip.link, trip.owned.pk])
    client = client_of("anonymous")
    assert client.get(address).status_code == 200
    Dataset.objects.filter(pk=trip.owned.dataset_id).update(owner=None)
    assert client.get(address).status_code == 404
    Dataset.objects.filter(pk=trip.owned.dataset_id).update(owner=trip.collection.owner)
    User.objects.filter(pk=trip.collection.owner_id).update(is_active=False)
    assert client.get(address).status_code == 404
    assert client.get(reverse("shared", args=[trip.link])).status_code == 404


def test_a_revoked_link_leads_nowhere_at_once(trip: Trip) -> None:
    client = client_of("anonymous")
    addresses = [
        reverse("shared", args=[trip.link]),
        reverse("shared-export", args=[trip.link]),
        reverse("shared-thumbnail", args=[trip.link, trip.public.pk]),
        reverse("shared-original", args=[trip.link, trip.owned.pk]),
    ]
    assert [client.get(address).status_code for address in addresses] == [200] * 4
    revoke_link(trip.collection)
    assert [client.get(address).status_code for address in addresses] == [404] * 4


def test_who_left_or_was_removed_sees_it_no_more(trip: Trip) -> None:
    viewer, editor, owner = client_of("viewer"), client_of("editor"), client_of("owner")
    act = reverse("collection-action", args=[trip.collection.pk, "leave"])
    assert viewer.post(act).status_code == 302
    assert viewer.get(reverse("collection", args=[trip.collection.pk])).status_code == 404
    unshare = reverse("collection-action", args=[trip.collection.pk, "unshare"])
    owner.post(unshare, {"person": User.objects.get(username="editor").pk})
    assert editor.get(reverse("collection-thumbnail", args=[trip.collection.pk, trip.owned.pk])).status_code == 404
