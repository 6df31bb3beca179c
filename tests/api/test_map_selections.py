"""Selections on maps through the API: made, listed page by page, searched within."""

from __future__ import annotations

import json

from django.test import Client
from django.urls import reverse

from search.models import Dataset, Image
from tests.maps.helpers import draw_line, give_clusters
from tests.web.conftest import public

__all__ = ["public"]


def test_a_region_is_selected_listed_and_searched_within(public: Dataset, client: Client) -> None:
    line = draw_line(public, ["red.png", "blue.png", "green.png"])
    named = ["pictures", line.pk]
    asked = json.dumps({"rectangle": [-0.5, -0.5, 1.5, 0.5]})
    made = client.post(reverse("api-selections", args=named), asked, content_type="application/json").json()
    assert made["count"] == 2
    address = reverse("api-selection", args=[*named, made["token"]])
    first = client.get(address, {"limit": 1}).json()
    second = client.get(address, {"limit": 1, "cursor": first["cursor"]}).json()
    assert second["cursor"] == ""
    assert {row["name"] for page in (first, second) for row in page["images"]} == {"red.png", "blue.png"}
    within = {"dataset": "pictures", "q": "red", "selection": made["token"]}
    assert client.get(reverse("api-search"), within).json()["total"] == 2
    listed = client.get(reverse("api-images", args=["pictures"]), {"selection": made["token"]}).json()
    assert {image["name"] for image in listed["images"]} == {"red.png", "blue.png"}
    Image.objects.filter(name="red.png").update(state=Image.State.HIDDEN)
    assert [row["name"] for row in client.get(address).json()["images"]] == ["blue.png"]


def test_points_say_in_which_clusters_they_lie(public: Dataset, client: Client) -> None:
    line = draw_line(public, ["red.png", "blue.png"])
    give_clusters(line, {"red.png": 0}, ["warm"])
    points = client.get(reverse("api-points", args=["pictures", line.pk])).json()["points"]
    clusters = {point["x"]: point["clusters"] for point in points}
    assert clusters == {0.0: ["warm", ""], 1.0: ["", ""]}
    assert [point["index"] for point in points] == [0, 1]


def test_what_is_no_region_is_refused_in_words(public: Dataset, client: Client) -> None:
    line = draw_line(public, ["red.png", "blue.png"])
    address = reverse("api-selections", args=["pictures", line.pk])
    for body, said in (
        ({}, "0 are given"),
        ({"polygon": [[0, 0]]}, "it needs three"),
        ({"rectangle": [0, 0, 1]}, "rectangle"),
        ({"rectangle": [0, 0, 1, 1], "within": "gone"}, "Select the images again"),
    ):
        answer = client.post(address, json.dumps(body), content_type="application/json")
        assert answer.status_code in {400, 404}
        assert said in answer.json()["detail"]
