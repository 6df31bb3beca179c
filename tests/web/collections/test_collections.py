"""Collections as people use them: made, filled, looked through, shared and deleted, with a sentence for each."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.collections import collections
from search.collections.collections import CollectionCard
from search.models import Collection, CollectionImage, CollectionMember, Dataset, Image
from tests.conftest import MakeDataset, MakeImages
from tests.library import fill, put_into
from tests.web.collections.kept import Trip, client_of, make_trip
from tests.web.markup import on_one_line


@pytest.fixture
def trip(make_images: MakeImages, make_dataset: MakeDataset) -> Trip:
    return make_trip(make_images, make_dataset)


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    made = make_dataset(Path("/nowhere"))
    fill(made, 150, 1)
    return made


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def act(client: Client, collection: Collection, action: str, **fields: Any) -> list[str]:
    response = client.post(reverse("collection-action", args=[collection.pk, action]), fields, follow=True)
    assert response.status_code == 200
    return said(response)


def page(client: Client, name: str, *arguments: object, query: str = "") -> str:
    response = client.get(reverse(name, args=arguments) + query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def cards_of(client: Client) -> tuple[list[CollectionCard], list[CollectionCard]]:
    context = client.get(reverse("collections")).context
    return context["own"], context["shared"]


def test_images_go_into_a_new_collection_and_into_an_old_one(dataset: Dataset, alice: User) -> None:
    client = client_of("alice")
    ids = list(dataset.images.values_list("pk", flat=True)[:5])
    made = client.post(reverse("collect-images"), {"image": ids[:3], "name": " A  trip "}, follow=True)
    collection = Collection.objects.get(owner=alice)
    assert collection.name == "A trip"
    assert said(made) == ["3 images added to A trip."]
    more = {"image": [*ids, "999999"], "collection": collection.pk}
    assert said(client.post(reverse("collect-images"), more, follow=True)) == [
        "2 images added to A trip. 3 lay in it already. 1 could not be found."
    ]
    assert said(client.post(reverse("collect-images"), more, follow=True))[0].startswith("All 5 lie in A trip already.")
    assert CollectionImage.objects.filter(collection=collection).count() == 5


def test_a_script_gets_json_and_its_errors_as_sentences(dataset: Dataset, alice: User) -> None:
    client, image = client_of("alice"), dataset.images.all()[0]

    def collect(**fields: Any) -> Any:
        return client.post(reverse("collect-images"), fields, headers={"accept": "application/json"})

    answer = collect(image=image.pk, name="Mine").json()
    assert (answer["added"], answer["message"]) == (1, "1 image added to Mine.")
    assert client.get(answer["collection"]["url"]).status_code == 200
    choices = client.get(reverse("collection-choices"), headers={"accept": "application/json"}).json()
    assert choices["collections"] == [{"id": answer["collection"]["id"], "name": "Mine"}]
    for fields, sentence in (
        ({"image": image.pk, "name": "mine"}, "There is a collection called 'mine' already. Choose another name."),
        ({"image": image.pk, "name": " "}, "Give the collection a name."),
        ({"image": image.pk, "name": "x" * 121}, "The name has 121 characters; 120 at most."),
        ({"image": image.pk, "collection": "77"}, "There is no collection '77' into which you may put images"),
        ({"name": "Other"}, "No image is chosen. Choose some first."),
        ({"image": "x", "name": "Other"}, "'x' is no image. Images are named by their number."),
    ):
        refused = collect(**fields)
        assert (refused.status_code, sentence in refused.json()["error"]) == (400, True), fields
    away = Client().post(reverse("collect-images"), {"image": image.pk}, headers={"accept": "application/json"})
    assert (away.status_code, away.json()["sign_in"]) == (401, reverse("login"))


def test_without_a_script_a_page_asks_which_collection(dataset: Dataset, alice: User) -> None:
    client = client_of("alice")
    Collection.objects.create(owner=alice, name="Mine")
    ids = list(dataset.images.values_list("pk", flat=True)[:20])
    response = client.post(reverse("collect-images"), {"image": ids})
    content = response.content.decode()
    assert "Add 20 images to a collection" in content
    assert "and 8 more" in content
    assert content.count('name="image"') == 40
    assert ">Mine</option>" in content


def test_where_a_form_leads_afterwards_stays_on_this_site(dataset: Dataset, alice: User) -> None:
    client, image = client_of("alice"), dataset.images.all()[0].pk
    here = reverse("image", args=[image])
    data = {"image": image, "name": "One", "next": here}
    assert client.post(reverse("collect-images"), data)["Location"] == here
    data = {"image": image, "name": "Two", "next": "https://elsewhere.example/"}
    assert client.post(reverse("collect-images"), data)["Location"].startswith("/collections/")


def test_its_page_goes_on_to_the_last_image_and_counts(dataset: Dataset, alice: User) -> None:
    collection = Collection.objects.create(owner=alice, name="Mine")
    ids = list(dataset.images.order_by("-pk").values_list("pk", flat=True))
    put_into(collection, ids)
    client = client_of("alice")
    found: list[int] = []
    query = ""
    while len(found) < 150:
        response = client.get(reverse("collection", args=[collection.pk]) + query)
        assert "150 images" in response.content.decode()
        found += [image.pk for image in response.context["images"]]
        query = f"?before={response.context['following']}"
    assert found == ids[::-1]
    assert response.context["following"] is None
    assert client.get(reverse("collection", args=[collection.pk]) + "?before=x").status_code == 400


def test_ticked_images_are_removed_and_stay_in_their_dataset(dataset: Dataset, alice: User) -> None:
    collection = Collection.objects.create(owner=alice, name="Mine")
    ids = list(dataset.images.values_list("pk", flat=True)[:4])
    put_into(collection, ids)
    client = client_of("alice")
    assert page(client, "collection", collection.pk, query="?edit=1").count('type="checkbox"') == 4
    assert act(client, collection, "remove", image=ids[:3]) == ["3 images removed from Mine."]
    assert act(client, collection, "remove") == ["No image is chosen. Choose some first."]
    assert CollectionImage.objects.filter(collection=collection).count() == 1
    assert dataset.images.count() == 150


def test_sharing_by_name_says_what_came_of_it(trip: Trip) -> None:
    owner, collection = client_of("owner"), trip.collection
    assert act(owner, collection, "share", person=" stranger ") == ["stranger may look now."]
    assert act(owner, collection, "share", person="stranger", role="editor") == [
        "stranger may add and remove images now."
    ]
    assert collection.members.get(person__username="stranger").role == CollectionMember.Role.EDITOR
    assert "Nobody signs in here as 'nobody'" in act(owner, collection, "share", person="nobody")[0]
    assert "owns this collection" in act(owner, collection, "share", person="owner")[0]
    assert "There is no role 'king'" in act(owner, collection, "share", person="viewer", role="king")[0]
    assert act(owner, collection, "unshare", person="x") == []


def test_a_link_is_made_shown_renewed_and_revoked(trip: Trip) -> None:
    owner, collection = client_of("owner"), trip.collection
    assert f"http://testserver/shared/{trip.link}/" in page(owner, "collection-settings", collection.pk)
    assert act(owner, collection, "link") == ["There is a new link; the one before leads nowhere now."]
    assert Client().get(reverse("shared", args=[trip.link])).status_code == 404
    collection.refresh_from_db()
    assert collection.link is not None
    assert len(collection.link) >= 32
    assert Client().get(reverse("shared", args=[collection.link]))["X-Robots-Tag"] == "noindex"
    assert act(owner, collection, "unlink") == ["The link leads nowhere now."]
    assert act(owner, collection, "link") == ["Whoever has the link can look now."]


def test_deleting_says_what_is_lost_and_keeps_the_images(trip: Trip) -> None:
    owner = client_of("owner")
    content = on_one_line(page(owner, "collection-settings", trip.collection.pk))
    assert "that 3 images lie together under this name, for you and 2 others; the link;" in content
    assert act(owner, trip.collection, "delete") == ["The collection Trip is deleted. Its images are where they were."]
    assert not Collection.objects.exists()
    assert Image.objects.count() == 3


def test_renaming_keeps_names_apart(trip: Trip) -> None:
    owner = client_of("owner")
    other = Collection.objects.create(owner=trip.collection.owner, name="Other")
    assert "There is a collection called 'TRIP' already" in act(owner, other, "rename", name="TRIP")[0]
    assert act(owner, trip.collection, "rename", name="trip") == ["The collection is called trip now."]


def test_the_list_shows_own_ones_and_shared_ones_apart(trip: Trip) -> None:
    own, shared = cards_of(client_of("owner"))
    assert [(card.collection.name, card.count, card.role) for card in own] == [("Trip", 2, "owner")]
    assert shared == []
    own, shared = cards_of(client_of("editor"))
    assert own == []
    assert [(card.collection.name, card.count, card.role, len(card.covers)) for card in shared] == [
        ("Trip", 2, "editor", 2)
    ]
    assert cards_of(client_of("staff")) == ([], [])  # what staff may manage is not what they keep
    assert "No collection yet" in page(client_of("stranger"), "collections")


def test_pages_without_images_say_what_to_do(trip: Trip, alice: User) -> None:
    empty = Collection.objects.create(owner=alice, name="Empty", link="an-empty-link")
    assert "choose <em>Collect</em>" in page(client_of("alice"), "collection", empty.pk)
    assert "as soon as somebody adds some" in page(Client(), "shared", "an-empty-link")
    put_into(empty, [trip.foreign.pk])
    content = page(client_of("alice"), "collection", empty.pk)
    assert "Nothing that you may see" in content
    assert "1 more in datasets that you may not see" in content
    assert "may not see" not in page(Client(), "shared", "an-empty-link")


def test_counting_stops_where_it_would_take_long(
    dataset: Dataset, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collections, "COUNTED", 20)
    collection = Collection.objects.create(owner=alice, name="Mine")
    put_into(collection, list(dataset.images.values_list("pk", flat=True)))
    assert collections.count_images(collection) == 21
