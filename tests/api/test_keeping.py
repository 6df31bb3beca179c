"""Collections and saved searches as programs keep them: what is answered, paged, and refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.collections.collections import add_images, create_collection, share_collection
from search.models import Collection, Dataset, SavedSearch
from search.saved_searches.saved_searches import save_search
from tests.api.test_listing import pages
from tests.web.collections.kept import client_of


@pytest.fixture
def client(alice: User) -> Client:
    return client_of("alice")


def sent(client: Client, method: str, route: str, arguments: list[Any], body: dict[str, Any]) -> tuple[int, Any]:
    response = client.generic(method, reverse(route, args=arguments), json.dumps(body), content_type="application/json")
    return response.status_code, response.json() if response.content else None


def test_a_collection_is_made_filled_shared_and_emptied(public: Dataset, client: Client, bob: User) -> None:
    status, made = sent(client, "POST", "api-collections", [], {"name": "  My   reds "})
    assert (status, made["name"], made["role"], made["count"], made["link"]) == (201, "My reds", "owner", 0, None)
    red = public.images.get(name="red.png").pk
    answers = [sent(client, "POST", "api-collected", [made["id"]], {"images": [red, red, 10**9]}) for _ in range(2)]
    assert answers == [
        (200, {"added": 1, "already": 0, "missing": 1}),
        (200, {"added": 0, "already": 1, "missing": 1}),
    ]
    _, member = sent(client, "POST", "api-members", [made["id"]], {"person": "bob"})
    assert member == {"person_id": bob.pk, "name": "bob", "role": "viewer"}
    _, link = sent(client, "POST", "api-link", [made["id"]], {})
    detail = client.get(reverse("api-collection", args=[made["id"]])).json()
    assert (detail["members"], detail["link"], detail["count"]) == ([member], link["link"], 1)
    assert client_of("anonymous").get(link["link"]).status_code == 200
    assert sent(client, "DELETE", "api-link", [made["id"]], {}) == (204, None)
    assert client_of("anonymous").get(link["link"]).status_code == 404
    assert sent(client, "POST", "api-collected-remove", [made["id"]], {"images": [red]}) == (200, {"removed": 1})


def test_collections_and_their_images_come_once_each_the_newest_first(public: Dataset, client: Client) -> None:
    made = [create_collection(User.objects.get(username="alice"), f"C{number}") for number in range(5)]
    listed = pages(client, reverse("api-collections"), "collections", limit=2)
    assert [[row["name"] for row in page] for page in listed] == [["C4", "C3"], ["C2", "C1"], ["C0"]]
    add_images(made[0], public.images.order_by("pk"))
    collected = pages(client, reverse("api-collected", args=[made[0].pk]), "images", limit=3)
    assert [len(page) for page in collected] == [3, 1]
    assert {row["image_id"] for page in collected for row in page} == set(public.images.values_list("pk", flat=True))


def test_a_list_has_what_is_shared_and_what_is_public(public: Dataset, client: Client, bob: User) -> None:
    for name in ("named", "open", "closed"):
        made = create_collection(bob, name)
        if name == "named":
            share_collection(made, "alice", "editor")
        if name == "open":
            Collection.objects.filter(pk=made.pk).update(visibility=Collection.Visibility.PUBLIC)
    rows = client.get(reverse("api-collections")).json()["collections"]
    assert [(row["name"], row["role"], row["owner"]) for row in rows] == [
        ("open", "", "bob"),
        ("named", "editor", "bob"),
    ]
    everybody = Client().get(reverse("api-collections")).json()["collections"]
    assert [row["name"] for row in everybody] == ["open"]


def test_a_saved_search_finds_what_the_search_finds(public: Dataset, client: Client) -> None:
    query = "q=2%3Ared+-+blue&orientation=landscape"
    status, saved = sent(client, "POST", "api-saved-searches", [], {"name": "Reds", "query": query})
    assert (status, saved["name"]) == (201, "Reds")
    assert "dataset=pictures" in saved["query"]
    found = client.get(f"{reverse('api-search')}?{query}&dataset=pictures&k=3").json()
    run = client.get(reverse("api-saved-hits", args=[saved["id"]]), {"k": 3}).json()
    assert run == found | {"took_ms": run["took_ms"], "cursor": run["cursor"]}
    rest = client.get(reverse("api-saved-hits", args=[saved["id"]]), {"k": 3, "cursor": run["cursor"]}).json()
    assert [hit["rank"] for hit in rest["hits"]] == [4]


def test_a_saved_search_of_all_datasets_answers_in_groups(public: Dataset, private: Dataset, client: Client) -> None:
    saved = save_search(User.objects.get(username="alice"), "All", "q=red&dataset=*")
    groups = client.get(reverse("api-saved-hits", args=[saved.pk])).json()["groups"]
    assert {hit["dataset"] for hit in groups[0]["hits"]} == {"Pictures", "Secrets"}


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("q=-car", 400, "only takes away"),
        ("q=%22open", 400, "quot"),
        ("q=image:1000000", 404, "There is no image 1000000 here"),
        ("q=red&dataset=none", 404, "There is no dataset 'none' here"),
        ("q=red&min_side=many", 400, "must be a whole number"),
        ("sort=name", 400, "The query is empty"),
    ],
)
def test_what_cannot_be_searched_is_not_saved(
    public: Dataset, client: Client, query: str, status: int, sentence: str
) -> None:
    answered, problem = sent(client, "POST", "api-saved-searches", [], {"name": "Odd", "query": query})
    assert answered == status
    assert sentence in problem["detail"]
    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize(
    ("route", "body", "sentence"),
    [
        ("api-collections", {"name": "TAKEN"}, "There is a collection called 'TAKEN' already"),
        ("api-collections", {"name": "   "}, "Give the collection a name"),
        ("api-collections", {"name": "x" * 121}, "120 characters"),
        ("api-collections", {}, "name"),
        ("api-saved-searches", {"name": "taken", "query": "q=red"}, "There is a saved search called 'taken' already"),
        ("api-members", {"person": "nobody"}, "Nobody signs in here as 'nobody'"),
        ("api-members", {"person": "alice"}, "alice owns this collection"),
        ("api-members", {"person": "bob", "role": "king"}, "role"),
        ("api-collected", {"images": []}, "images"),
        ("api-collected", {"images": [10**30]}, "images"),
        ("api-collected", {"images": [0]}, "images"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    public: Dataset, client: Client, alice: User, bob: User, route: str, body: dict[str, Any], sentence: str
) -> None:
    taken = create_collection(alice, "Taken")
    save_search(alice, "Taken", "q=red")
    arguments = [taken.pk] if route in {"api-members", "api-collected"} else []
    status, problem = sent(client, "POST", route, arguments, body)
    assert status == 400
    assert sentence in problem["detail"]


def test_images_that_nobody_may_see_are_not_collected(private: Dataset, client: Client, bob: User) -> None:
    made = create_collection(bob, "Mine")
    hidden = list(private.images.values_list("pk", flat=True))
    status, problem = sent(client_of("bob"), "POST", "api-collected", [made.pk], {"images": hidden})
    assert (status, problem["detail"]) == (404, "None of these images is here.")
    assert not made.images.exists()
