"""The page of a map: which map it shows, what its script is told, and its search field."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from search.maps.draw import newest_projection
from search.models import Dataset, Image, Projection


def told(client: Client, **asked: str | int) -> tuple[dict[str, Any], str]:
    """What the page tells its script, and the page."""
    page = client.get(reverse("explorer", args=["pictures"]), asked).content.decode()
    block = re.search(r'<script id="map-data" type="application/json">(.*?)</script>', page)
    assert block is not None
    return json.loads(block.group(1)), page


def test_the_page_says_where_the_points_are(public: Dataset, client: Client) -> None:
    projection = newest_projection(public)
    assert projection is not None
    data, page = told(client)
    assert data["base"] == f"/map/pictures/{projection.pk}/"
    assert data["layout"] == projection.layout
    assert data["count"] == sum(data["layout"]["levels"])
    assert (data["image"], data["isOther"]) == (None, False)
    assert f'href="{data["base"]}level/0.bin"' in page


def test_it_goes_to_an_image_of_its_dataset_that_may_be_seen(public: Dataset, private: Dataset, client: Client) -> None:
    image = public.images.order_by("pk")[2]
    data, _ = told(client, image=image.pk)
    assert (data["image"], data["chosenName"]) == (image.pk, image.name)
    hidden = private.images.first()
    assert hidden is not None
    address = reverse("explorer", args=["pictures"])
    assert client.get(address, {"image": hidden.pk}).status_code == 404
    assert client.get(address, {"image": 10**12}).status_code == 404
    assert client.get(address, {"image": "first"}).status_code == 400


def test_a_kept_map_that_is_named_is_shown_and_said_to_be_older(public: Dataset, client: Client) -> None:
    older = newest_projection(public)
    assert older is not None
    newer = Projection.objects.create(version=older.version, count=older.count, layout=older.layout, seconds=0)
    data, page = told(client)
    assert data["projection"] == newer.pk
    data, page = told(client, map=older.pk)
    assert (data["projection"], data["isOther"]) == (older.pk, False)
    assert "This is an older map" in page


@pytest.mark.parametrize("name", ["999999", "no number", "-1"])
def test_the_newest_map_stands_for_one_that_is_gone_and_says_so(public: Dataset, client: Client, name: str) -> None:
    data, page = told(client, map=name)
    assert data["isOther"] is True
    assert "no longer kept" in page


def test_the_search_field_shows_the_query_of_the_address(public: Dataset, client: Client) -> None:
    image = Image.objects.filter(dataset=public).first()
    assert image is not None
    text = f"red + image:{image.pk}"
    _, page = told(client, q=text)
    composer = client.get(reverse("explorer-composer", args=["pictures"]), {"q": text}).content.decode()
    for markup in (page, composer):
        assert f'data-term="image:{image.pk}"' in markup
        assert 'data-words="red"' in markup


def test_the_search_field_says_what_is_wrong_with_a_query(public: Dataset, client: Client) -> None:
    composer = client.get(reverse("explorer-composer", args=["pictures"]), {"q": "image:999999"})
    assert composer.status_code == 200
    assert 'aria-invalid="true"' in composer.content.decode()


def test_a_search_field_of_what_may_not_be_seen_is_not_there(private: Dataset, client: Client) -> None:
    assert client.get(reverse("explorer-composer", args=[private.slug])).status_code == 404


def test_without_a_map_the_page_says_how_to_get_one(public: Dataset, client: Client) -> None:
    Projection.objects.all().delete()
    page = client.get(reverse("explorer", args=["pictures"])).content.decode()
    assert "No map yet" in page
    assert "map-data" not in page
