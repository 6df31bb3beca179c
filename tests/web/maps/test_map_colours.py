"""What the points of a map are coloured by: clusters, dates, tags, closeness to a query; and hits on the map."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.maps.files import open_map
from search.models import Dataset, Image, MapCluster, Projection
from search.projection.points import decode_column
from search.tags.by_hand import tag_images
from tests.maps.helpers import draw_line, give_clusters, index_on
from tests.web.maps.test_map_data import address


@pytest.fixture
def line(public: Dataset) -> Projection:
    """Red, blue and green from left to right; white is not on the map."""
    return draw_line(public, ["red.png", "blue.png", "green.png"])


def of(projection: Projection, content: bytes) -> dict[str, int]:
    """A column of bytes, by the names of the images."""
    names = dict(Image.objects.values_list("pk", "name"))
    ids = open_map(projection).image_ids.tolist()
    return {names[pk].removesuffix(".png"): value for pk, value in zip(ids, content, strict=True)}


def test_clusters_have_words_an_image_and_a_place(line: Projection, client: Client) -> None:
    assert client.get(address("map-clusters", line)).json() == {"levels": []}
    assert client.get(address("map-column-cluster", line, 0)).status_code == 404
    numbers = give_clusters(line, {"red.png": 0, "blue.png": 1, "green.png": 1}, ["warm", "cold"])
    MapCluster.objects.filter(name="cold").update(given_name="sea")
    (level,) = client.get(address("map-clusters", line)).json()["levels"]
    red = Image.objects.get(name="red.png")
    assert level["level"] == 0
    assert [(one["label"], one["count"], one["x"]) for one in level["clusters"]] == [("warm", 1, 0), ("sea", 2, 1)]
    assert level["clusters"][0]["thumbnail"] == reverse("thumbnail", args=[red.pk])
    Image.objects.filter(pk=red.pk).update(state=Image.State.HIDDEN)
    hidden = client.get(address("map-clusters", line)).json()["levels"][0]["clusters"][0]
    assert (hidden["image"], hidden["thumbnail"]) == (None, "")
    column = client.get(address("map-column-cluster", line, 0), headers={"accept-encoding": "gzip"})
    assert np.array_equal(decode_column(gzip.decompress(column.content)), numbers[0])
    assert "immutable" in column["Cache-Control"]


def test_dates_go_from_the_first_to_the_last(line: Projection, client: Client) -> None:
    def taken(name: str, day: int) -> None:
        Image.objects.filter(name=name).update(taken_at=datetime(2020, 1, day, tzinfo=UTC))

    taken("red.png", 1)
    taken("blue.png", 11)
    taken("white.png", 3)
    legend = client.get(address("map-columns", line)).json()["date"]
    assert legend == {"first": "2020-01-01T00:00:00+00:00", "last": "2020-01-11T00:00:00+00:00"}
    taken("red.png", 30)  # a map's colours stay what they were
    assert client.get(address("map-columns", line)).json()["date"] == legend
    column = client.get(address("map-column-date", line))
    assert of(line, column.content) == {"red": 254, "blue": 254, "green": 255}
    assert "immutable" in column["Cache-Control"]


def test_a_dataset_without_dates_says_so(line: Projection, client: Client) -> None:
    assert client.get(address("map-columns", line)).json() == {"date": None, "tags": []}
    assert set(of(line, client.get(address("map-column-date", line)).content).values()) == {255}


def test_a_tag_marks_its_images(line: Projection, public: Dataset, client: Client) -> None:
    tag_images(public.images.filter(name__in=["red.png", "white.png"]), "Warm & bright")
    assert client.get(address("map-columns", line)).json()["tags"] == [{"name": "Warm & bright", "count": 2}]
    column = client.get(address("map-column-tag", line), {"tag": "warm & bright"})
    assert of(line, column.content) == {"red": 1, "blue": 0, "green": 0}
    refused = client.get(address("map-column-tag", line), {"tag": "cold"})
    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "There is no tag 'cold' in Pictures. Choose another.",
    )


def test_closeness_to_a_query_goes_from_the_lowest_to_the_highest_score(line: Projection, client: Client) -> None:
    answer = client.get(address("map-similarity", line), {"q": "red"})
    values = of(line, answer.content)
    assert values["red"] == 255
    assert min(values.values()) == 0
    hits = client.get(address("map-hits", line), {"q": "red"}).json()["hits"]
    assert float(answer["X-Score-High"]) == pytest.approx(hits[0]["score"], abs=1e-3)
    assert float(answer["X-Score-Low"]) < float(answer["X-Score-High"])
    numbered = client.get(address("map-similarity", line), {"q": "red", "index_version": "1"})
    assert of(line, numbered.content) == values


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"q": ""}, 400, "query"),
        ({"q": "- red"}, 400, "only takes away"),
        ({"q": "image:999999"}, 404, "There is no image 999999 here"),
        ({"q": "red", "index_version": "7"}, 409, "There is no index version 7 of Pictures"),
        ({"q": "red", "index_version": "new"}, 400, "must be a whole number"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused_in_words(
    line: Projection, client: Client, parameters: dict[str, str], status: int, said: str
) -> None:
    answer = client.get(address("map-similarity", line), parameters)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


def test_hits_stand_where_their_images_lie(line: Projection, client: Client) -> None:
    answer = client.get(address("map-hits", line), {"q": "red", "sort": "name", "dataset": "another"}).json()
    best = answer["hits"][0]
    red = Image.objects.get(name="red.png")
    assert (best["index"], best["image"], best["name"]) == (index_on(line, "red.png"), red.pk, "red.png")
    assert best["url"] == reverse("image", args=[red.pk])
    scores = [hit["score"] for hit in answer["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert (answer["total"], answer["query"], answer["more"]) == (4, "red", False)


def test_hits_that_are_not_on_the_map_are_counted(line: Projection, client: Client) -> None:
    answer = client.get(address("map-hits", line), {"q": "white"}).json()
    assert answer["not_on_map"] == 1
    assert "white.png" not in [hit["name"] for hit in answer["hits"]]


def test_hits_are_those_of_the_search_page_with_its_conditions(line: Projection, client: Client) -> None:
    Image.objects.filter(name="red.png").update(state=Image.State.HIDDEN)
    answer = client.get(address("map-hits", line), {"q": "red"}).json()
    assert "red.png" not in [hit["name"] for hit in answer["hits"]]
    named = client.get(address("map-hits", line), {"q": "blue", "name": "blue"}).json()
    assert ([hit["name"] for hit in named["hits"]], named["total"]) == (["blue.png"], 1)


def test_a_query_with_a_picture_of_a_private_dataset_is_refused(
    line: Projection, private: Dataset, alice: User, client: Client
) -> None:
    secret = private.images.get(name="secret.png")
    assert client.get(address("map-hits", line), {"q": f"image:{secret.pk}"}).status_code == 404
    client.force_login(alice)
    assert client.get(address("map-hits", line), {"q": f"image:{secret.pk}"}).status_code == 200
