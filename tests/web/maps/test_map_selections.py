"""Selections on a map: drawn, combined, shown, searched within, collected, tagged, exported; and whose they are."""

from __future__ import annotations

import csv
import io
import json
import os
import string
import time

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.files.paths import map_selection_path
from search.maps import selections
from search.maps.files import open_map
from search.models import Collection, Dataset, Image, Projection, Tag
from tests.maps.helpers import draw_line, give_clusters, index_on
from tests.web.conftest import downloaded
from tests.web.maps.test_map_data import address

LEFT = {"rectangle": [-0.5, -0.5, 1.5, 0.5]}
"""Red and blue."""

RIGHT = {"polygon": [[0.5, -1], [3, -1], [3, 1], [0.5, 1]]}
"""Blue and green."""


@pytest.fixture
def line(public: Dataset) -> Projection:
    """Red, blue and green from left to right; white is not on the map."""
    return draw_line(public, ["red.png", "blue.png", "green.png"])


def selected(client: Client, projection: Projection, **asked: object) -> str:
    """The token of a selection."""
    answer = client.post(address("map-select", projection), json.dumps(asked), content_type="application/json")
    assert answer.status_code == 200, answer.content
    token: str = answer.json()["token"]
    return token


def names(client: Client, projection: Projection, token: str) -> set[str]:
    """Of the images of a selection, by its bits."""
    content = client.get(address("map-selection-points", projection, token)).content
    files = open_map(projection)
    bits = np.unpackbits(np.frombuffer(content, np.uint8), count=len(files), bitorder="little")
    found = Image.objects.filter(pk__in=files.image_ids[bits == 1].tolist())
    return {name.removesuffix(".png") for name in found.values_list("name", flat=True)}


def test_a_line_and_a_rectangle_select_what_lies_inside(line: Projection, client: Client) -> None:
    assert names(client, line, selected(client, line, **LEFT)) == {"red", "blue"}
    assert names(client, line, selected(client, line, **RIGHT)) == {"blue", "green"}
    answer = client.post(address("map-select", line), json.dumps(LEFT), content_type="application/json").json()
    assert answer["count"] == 2
    assert answer["indices_url"] == address("map-selection-points", line, answer["token"])


def test_selections_are_added_taken_away_and_cut(line: Projection, client: Client) -> None:
    left = selected(client, line, **LEFT)
    assert names(client, line, selected(client, line, **RIGHT, add=left)) == {"red", "blue", "green"}
    assert names(client, line, selected(client, line, **RIGHT, subtract=left)) == {"red"}
    assert names(client, line, selected(client, line, **RIGHT, within=left)) == {"blue"}
    assert names(client, line, left) == {"red", "blue"}


def test_clusters_are_selected_by_their_numbers(line: Projection, client: Client) -> None:
    give_clusters(line, {"red.png": 0, "blue.png": 3}, ["warm"])
    assert names(client, line, selected(client, line, clusters={"level": 0, "numbers": [3]})) == {"blue"}


def test_hidden_and_deleted_images_are_not_selected_and_not_shown(line: Projection, client: Client) -> None:
    token = selected(client, line, **LEFT)
    Image.objects.filter(name="red.png").update(state=Image.State.HIDDEN)
    again = client.post(address("map-select", line), json.dumps(LEFT), content_type="application/json").json()
    assert again["count"] == 1
    grid = client.get(address("map-selection", line, token)).content.decode()
    assert "blue.png" in grid
    assert "red.png" not in grid
    exported = downloaded(client.get(address("map-selection-export", line, token, "csv"))).decode()
    assert "red.png" not in exported
    Image.objects.filter(name="blue.png").delete()
    grid = client.get(address("map-selection", line, token)).content.decode()
    assert "blue.png" not in grid
    assert names(client, line, selected(client, line, **LEFT)) == set()


def test_of_many_points_all_that_are_hidden_are_found(
    line: Projection, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.images.presence._MOST_LOOK_UPS", 1)
    Image.objects.filter(name="red.png").update(state=Image.State.HIDDEN)
    assert names(client, line, selected(client, line, **LEFT)) == {"blue"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "not JSON"),
        ("[" * 50_000, "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "Say what to select by one of polygon, rectangle, clusters; 0 are given."),
        ('{"polygon": [[0,0],[1,0],[1,1]], "rectangle": [0,0,1,1]}', "2 are given"),
        ('{"polygon": [[0,0],[1,1]]}', "has 2 corners; it needs three"),
        ('{"polygon": [[0,0],[1,1],[1]]}', "not made of numbers"),
        ('{"polygon": [[0,0],[1,1],["x",2]]}', "not made of numbers"),
        ('{"polygon": [[0,0],[1,1],[NaN,2]]}', "not made of coordinates"),
        ('{"polygon": [[0,0],[1,1],[1e999,2]]}', "not made of coordinates"),
        (f'{{"rectangle": [0,0,1,{10**400}]}}', "not made of numbers"),
        ('{"rectangle": [0,0,1]}', "not made of coordinates"),
        ('{"clusters": [1]}', "named by their level and their numbers"),
        ('{"clusters": {"level": 0, "numbers": [-1]}}', "by 1 to 1,000 numbers"),
        ('{"clusters": {"level": 0, "numbers": [1]}}', "has no such clusters"),
        ('{"rectangle": [0,0,1,1], "add": "a", "within": "b"}', "Name one selection"),
    ],
)
def test_what_selects_nothing_is_refused_in_words(line: Projection, client: Client, body: str, said: str) -> None:
    answer = client.post(address("map-select", line), body, content_type="application/json")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_line_with_a_million_corners_is_refused_in_words(line: Projection, client: Client) -> None:
    for corners, said in ((1_000_000, "too large to be sent"), (20_000, "has 20,000 corners; 2,000 at most")):
        body = json.dumps({"polygon": [[0, 0]] * corners})
        answer = client.post(address("map-select", line), body, content_type="application/json")
        assert answer.status_code == 400
        assert said in answer.json()["detail"]


@pytest.mark.parametrize("token", ["x", "a" * 32, "..", "é" * 32])
def test_a_token_that_is_none_is_said_to_be_gone(line: Projection, client: Client, token: str) -> None:
    for route in ("map-selection", "map-selection-points"):
        answer = client.get(address(route, line, token))
        assert answer.status_code == 404
        assert "Select the images again" in answer.json()["detail"]


def test_a_selection_of_somebody_who_is_signed_in_is_theirs(
    line: Projection, alice: User, bob: User, client: Client
) -> None:
    client.force_login(alice)
    token = selected(client, line, **LEFT)
    assert client.get(address("map-selection", line, token)).status_code == 200
    within = {"dataset": "pictures", "q": "red", "selection": token}
    assert client.get(reverse("search"), within).status_code == 200
    other = Client()
    for person in (None, bob):
        if person:
            other.force_login(person)
        assert other.get(address("map-selection", line, token)).status_code == 404
        assert other.get(reverse("search"), within).status_code == 404
        assert other.get(reverse("api-search"), within).status_code == 404


def test_a_selection_on_a_private_map_is_seen_by_who_sees_the_dataset(
    private: Dataset, alice: User, bob: User, client: Client
) -> None:
    projection = draw_line(private, ["secret.png", "other.png"])
    assert client.post(address("map-select", projection), LEFT, content_type="application/json").status_code == 404
    Dataset.objects.filter(pk=private.pk).update(visibility=Dataset.Visibility.PUBLIC)
    token = selected(client, projection, **LEFT)
    Dataset.objects.filter(pk=private.pk).update(visibility=Dataset.Visibility.PRIVATE)
    for route in ("map-selection", "map-selection-points"):
        assert client.get(address(route, projection, token)).status_code == 404
    everywhere = client.get(reverse("api-search"), {"dataset": "*", "q": "navy", "selection": token})
    assert "secret.png" not in everywhere.content.decode()


def test_a_selection_belongs_to_its_map(line: Projection, public: Dataset, client: Client) -> None:
    token = selected(client, line, **LEFT)
    other = draw_line(public, ["red.png"])
    answer = client.get(address("map-selection", other, token))
    assert answer.status_code == 404
    assert "made on another map" in answer.json()["detail"]
    line.delete()
    answer = client.get(reverse("api-search"), {"dataset": "pictures", "q": "red", "selection": token})
    assert answer.status_code == 404
    assert "is no longer kept. Select the images again" in answer.json()["detail"]


def test_a_selection_is_kept_for_a_day_after_its_last_use(line: Projection, client: Client) -> None:
    token = selected(client, line, **LEFT)
    path = map_selection_path(token)

    def last_used(hours: float) -> None:
        os.utime(path, (time.time() - 3600 * hours,) * 2)

    last_used(23)
    assert client.get(address("map-selection", line, token)).status_code == 200
    assert time.time() - path.stat().st_mtime < 3600
    assert selections.sweep_selections() == 0
    last_used(25)
    assert client.get(address("map-selection", line, token)).status_code == 404
    assert selections.sweep_selections() == 1
    assert not path.exists()


def test_of_too_many_selections_those_used_last_are_kept(
    line: Projection, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = selected(client, line, **LEFT), selected(client, line, **LEFT)
    os.utime(map_selection_path(first), (time.time() - 60,) * 2)
    monkeypatch.setattr(selections, "MOST_BYTES", map_selection_path(second).stat().st_size)
    monkeypatch.setattr(selections, "_SWEEPS", string.printable)
    third = selected(client, line, **LEFT)
    assert map_selection_path(third).exists()
    assert map_selection_path(second).exists()
    assert not map_selection_path(first).exists()


def test_the_grid_goes_on_page_by_page(line: Projection, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipsite.web.maps.selections.PAGE_SIZE", 1)
    token = selected(client, line, rectangle=[-1, -1, 9, 9])
    place, shown = address("map-selection", line, token), []
    while place:
        page = client.get(place).content.decode()
        assert page.count("data-image=") == 1
        shown.append(page.split('alt="')[1].split('"')[0])
        place = page.split('href="')[-1].split('"')[0] if 'rel="next' in page else ""
    in_order = sorted(("red.png", "blue.png", "green.png"), key=lambda name: index_on(line, name))
    assert shown == in_order
    assert client.get(address("map-selection", line, token), {"cursor": "x"}).status_code == 400


def test_an_empty_selection_says_so(line: Projection, client: Client) -> None:
    token = selected(client, line, rectangle=[50, 50, 60, 60])
    assert "No image is selected." in client.get(address("map-selection", line, token)).content.decode()


def test_searching_within_a_selection_finds_nothing_else(line: Projection, client: Client) -> None:
    token = selected(client, line, **RIGHT)
    page = client.get(reverse("search"), {"dataset": "pictures", "q": "red", "selection": token})
    content = page.content.decode()
    assert "in a selection on the map" in content
    assert f'name="selection" value="{token}"' in content
    found = client.get(reverse("api-search"), {"dataset": "pictures", "q": "red", "selection": token}).json()
    assert {hit["name"] for hit in found["hits"]} == {"blue.png", "green.png"}
    assert found["total"] == 2
    named = client.get(reverse("api-search"), {"dataset": "pictures", "q": "red", "selection": token, "name": "blue"})
    assert [hit["name"] for hit in named.json()["hits"]] == ["blue.png"]


def test_a_large_selection_is_searched_like_a_small_one(
    line: Projection, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.filters.filters._FEW", 0)
    token = selected(client, line, **RIGHT)
    found = client.get(
        reverse("api-search"), {"dataset": "pictures", "q": "red", "selection": token, "min_side": "100"}
    )
    assert {hit["name"] for hit in found.json()["hits"]} == {"blue.png", "green.png"}


def test_in_another_dataset_a_selection_finds_nothing(
    line: Projection, private: Dataset, alice: User, client: Client
) -> None:
    client.force_login(alice)
    token = selected(client, line, **LEFT)
    found = client.get(reverse("api-search"), {"dataset": "secrets", "q": "navy", "selection": token}).json()
    assert (found["hits"], found["total"]) == ([], 0)


def test_a_selection_is_put_into_a_collection(line: Projection, alice: User, client: Client) -> None:
    token = selected(client, line, **LEFT)
    asked = client.post(
        address("map-selection-collect", line, token), {"name": "Mine"}, headers={"accept": "application/json"}
    )
    assert asked.status_code == 401
    client.force_login(alice)
    answer = client.post(address("map-selection-collect", line, token), {"name": "Mine"}).json()
    collection = Collection.objects.get(name="Mine", owner=alice)
    assert answer["message"] == "2 images added to Mine."
    assert answer["collection"]["url"] == reverse("collection", args=[collection.pk])
    assert set(collection.images.values_list("name", flat=True)) == {"red.png", "blue.png"}
    again = client.post(address("map-selection-collect", line, token), {"collection": collection.pk}).json()
    assert again["message"] == "All 2 lie in Mine already."
    refused = client.post(address("map-selection-collect", line, token), {"collection": "99"})
    assert (refused.status_code, "no collection '99'" in refused.json()["detail"]) == (400, True)


def test_who_manages_the_dataset_tags_a_selection(private: Dataset, alice: User, bob: User, client: Client) -> None:
    Dataset.objects.filter(pk=private.pk).update(visibility=Dataset.Visibility.PUBLIC)
    projection = draw_line(private, ["secret.png", "other.png"])
    token = selected(client, projection, **LEFT)
    client.force_login(bob)
    assert client.post(address("map-selection-tag", projection, token), {"name": "dark"}).status_code == 404
    client.force_login(alice)
    answer = client.post(address("map-selection-tag", projection, token), {"name": "dark"}).json()
    assert answer["message"] == "2 images tagged dark."
    assert Tag.objects.get(name="dark").usage == 2
    refused = client.post(address("map-selection-tag", projection, token), {"name": ""})
    assert (refused.status_code, "1 to" in refused.json()["detail"]) == (400, True)


def test_a_selection_is_exported(line: Projection, client: Client) -> None:
    token = selected(client, line, **LEFT)
    rows = csv.DictReader(
        io.StringIO(downloaded(client.get(address("map-selection-export", line, token, "csv"))).decode("utf-8-sig"))
    )
    assert {row["name"] for row in rows} == {"red.png", "blue.png"}
    told = json.loads(downloaded(client.get(address("map-selection-export", line, token, "json"))))
    assert {row["name"] for row in told["images"]} == {"red.png", "blue.png"}
    refused = client.get(address("map-selection-export", line, token, "exe"))
    assert (refused.status_code, "no format 'exe'" in refused.json()["detail"]) == (400, True)


def test_selecting_needs_the_csrf_token_of_the_page(line: Projection) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(address("map-select", line), json.dumps(LEFT), content_type="application/json")
    assert answer.status_code == 403
