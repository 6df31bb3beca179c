"""Saved searches keep what was asked, not what was found, and belong to one person."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from search.models import Dataset, SavedSearch
from search.retrieval.query_string import parse_query, tidy_query, valid_query
from search.saved_searches import saved_searches
from tests.conftest import MakeDataset
from tests.library import fill
from tests.web.collections.kept import client_of


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    made = make_dataset(Path("/nowhere"))
    fill(made, 60, 1)
    return made


@pytest.fixture
def client(dataset: Dataset, alice: User) -> Client:
    return client_of("alice")


def save(client: Client, query: str, name: str = "") -> list[str]:
    response = client.post(reverse("save-search"), {"query": query, "name": name}, follow=True)
    return [str(message) for message in response.context["messages"]]


def act(client: Client, saved: SavedSearch, action: str, **fields: Any) -> list[str]:
    response = client.post(reverse("saved-search-action", args=[saved.pk, action]), fields, follow=True)
    return [str(message) for message in response.context["messages"]]


def test_a_search_is_saved_from_its_page_and_opens_the_same_page(client: Client) -> None:
    asked = {"dataset": "pictures", "q": "red", "name": "winter", "min_side": "600", "tag": ""}
    results = client.get(reverse("search"), asked)
    field = re.search(r'name="query" value="([^"]*)"', results.content.decode())
    assert field is not None
    assert save(client, unescape(field[1]), "Snow") == ["Saved as Snow. You find it under Saved searches."]
    saved = SavedSearch.objects.get()
    assert saved.query == "q=red&dataset=pictures&min_side=600&name=winter"
    opened = client.get(reverse("saved-search", args=[saved.pk]), follow=True)
    assert [hit.image.pk for hit in opened.context["hits"]] == [hit.image.pk for hit in results.context["hits"]]


def test_it_stays_live(client: Client, dataset: Dataset) -> None:
    save(client, "dataset=pictures&q=red", "All")
    address = reverse("saved-search-glimpse", args=[SavedSearch.objects.get().pk])
    assert "60 images" in client.get(address).content.decode()
    fill(dataset, 15, 2)
    response = client.get(address)
    assert "75 images" in response.content.decode()
    assert response.content.decode().count("<img") == 6


def test_it_keeps_the_dataset_that_was_meant(client: Client) -> None:
    save(client, "q=red")
    saved = SavedSearch.objects.get()
    assert (saved.name, saved.query) == ("red", "q=red&dataset=pictures")


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("q=red", "x" * 121, "The name has 121 characters; 120 at most."),
        ("q=", "", "Give the search a name."),
        ("q=", "Empty", "The query is empty."),
        ("q=red&min_side=many", "N", "must be a whole number"),
        ("q=red&dataset=none", "N", "There is no dataset 'none' here."),
        ("q=red&collection=9", "N", "There is no collection '9' here."),
        ("like=99", "N", "There is no image 99 here."),
        ("q=red&name=" + "x" * 4000, "N", "4,000 can be kept."),
    ],
)
def test_what_cannot_be_searched_is_not_saved(client: Client, query: str, name: str, sentence: str) -> None:
    response = client.post(reverse("save-search"), {"query": query, "name": name})
    assert response.status_code == 302
    content = unescape(client.get(reverse("home")).content.decode())
    assert sentence in content
    assert not SavedSearch.objects.exists()


def test_names_are_kept_apart_and_changed(client: Client, dataset: Dataset) -> None:
    save(client, "q=red", "One")
    save(client, "q=blue", "Two")
    one, two = SavedSearch.objects.order_by("pk")
    assert "There is a saved search called 'ONE' already" in act(client, two, "rename", name="ONE")[0]
    assert act(client, one, "rename", name="First") == ["The search is called First now."]
    assert act(client, two, "delete") == ["The saved search Two is deleted. The images that it found stay."]
    assert [saved.name for saved in SavedSearch.objects.all()] == ["First"]
    assert dataset.images.count() == 60


def test_one_whose_dataset_is_gone_says_so_in_its_place(client: Client, dataset: Dataset) -> None:
    save(client, "q=red", "One")
    Dataset.objects.filter(pk=dataset.pk).update(visibility=Dataset.Visibility.PRIVATE)
    glimpse = client.get(reverse("saved-search-glimpse", args=[SavedSearch.objects.get().pk]))
    assert (glimpse.status_code, "There is no dataset" in glimpse.content.decode()) == (200, True)
    assert client.get(reverse("saved-searches")).status_code == 200


def test_the_list_does_not_search_by_itself(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(25):
        save(client, "q=red", f"Search {number}")
    with django_assert_max_num_queries(6):
        response = client.get(reverse("saved-searches"))
    assert response.content.decode().count("data-glimpse=") == 20


def test_a_person_can_save_so_many(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_searches, "MOST_SAVED", 1)
    save(client, "q=red", "One")
    assert save(client, "q=blue", "Two") == ["You have 1 saved searches. Delete one before you save another."]


def test_the_same_search_is_written_the_same_way(dataset: Dataset, alice: User) -> None:
    written = {
        tidy_query(parse_query(query))
        for query in (
            "q=red&name=a&tag=x&tag=y",
            "?name=a&tag=x&q=++red&tag=y&cursor=abc&page=2&min_side=",
            "tag=x&orientation=&tag=y&name=a&q=red%00&csrfmiddlewaretoken=secret",
        )
    }
    assert written == {"q=red&name=a&tag=x&tag=y"}
    assert valid_query("dataset=Pictures&q=red", alice) == "q=red&dataset=pictures"
    assert valid_query("dataset=*&q=red", alice) == "q=red&dataset=%2A"
