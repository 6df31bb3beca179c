"""Sorting and the filter by errors, as page, API and command line have them."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from search.models import Dataset
from workers.models import ImageFailure
from workers.registry import INGEST

State = ImageFailure.State


def answers(client: Client, capsys: pytest.CaptureFixture[str], parameters: dict[str, Any], *options: str) -> list[str]:
    """Names of the hits, the same from page, API and console."""
    everything = {"dataset": "pictures", "q": "red"} | parameters
    page = client.get(reverse("search"), everything)
    api = client.get(reverse("api-search"), everything)
    assert (page.status_code, api.status_code) == (200, 200)
    call_command("search", "pictures", "red", *options, "--json")
    line = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    shown = [hit.image.name for hit in page.context.get("hits", [])]
    assert shown == [hit["name"] for hit in api.json()["hits"]] == [hit["name"] for hit in line["hits"]]
    assert api.json()["total"] == line["total"]
    return shown


def test_page_api_and_console_sort_alike(public: Dataset, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    def sorted_by(order: str) -> list[str]:
        return answers(client, capsys, {"sort": order, "min_relevance": "-1"}, "--sort", order, "--min-relevance=-1")

    names = ["blue.png", "green.png", "red.png", "white.png"]
    assert sorted_by("name") == names
    assert sorted_by("name-reversed") == names[::-1]
    public.images.filter(name="green.png").update(taken_at="2024-05-31T12:00Z")
    assert sorted_by("newest")[0] == "green.png"
    assert sorted_by("oldest")[0] == "green.png"
    assert sorted_by("relevance")[0] == "red.png"
    assert answers(client, capsys, {"sort": "name"}, "--sort", "name") == ["red.png"]


def test_an_order_that_does_not_exist_is_named(public: Dataset, client: Client) -> None:
    asked = {"dataset": "pictures", "q": "red", "sort": "beauty"}
    sentence = "There is no order 'beauty'; it is one of relevance, newest"
    for address in ("search", "api-search"):
        response = client.get(reverse(address), asked)
        assert response.status_code == 400
        assert sentence in unescape(response.content.decode()).replace("\\u0027", "'")
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("search", "pictures", "red", "--sort", "beauty")


def test_the_orders_are_links_that_keep_the_question(public: Dataset, client: Client) -> None:
    response = client.get(reverse("search"), {"dataset": "pictures", "q": "red", "name": "e", "image": "1"})
    orders = response.context["orders"]
    assert [one.words for one in orders if one.is_chosen] == ["relevance"]
    newest = client.get(reverse("search") + orders[1].href)
    assert [one.words for one in newest.context["orders"] if one.is_chosen] == ["taken, newest first"]
    assert newest.context["asked"]["name"] == "e"
    assert "image=" not in orders[1].href
    assert "sorted by taken, newest first" in " ".join(newest.content.decode().split())
    assert '<input type="hidden" name="sort" value="newest">' in newest.content.decode()


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (State.OPEN, {"red.png", "green.png", "white.png"}),
        (State.QUARANTINED, {"red.png", "green.png", "white.png"}),
        (State.IGNORED, {"red.png", "blue.png", "green.png", "white.png"}),
    ],
)
def test_images_with_an_error_that_stands_can_be_left_out(
    public: Dataset, client: Client, capsys: pytest.CaptureFixture[str], state: str, names: set[str]
) -> None:
    blue = public.images.get(name="blue.png")
    ImageFailure.objects.create(
        dataset=public, image=blue, name=blue.name, stage=INGEST, reason="cannot be read", state=state
    )
    ImageFailure.objects.create(dataset=public, name="gone.png", stage=INGEST, reason="cannot be read")
    assert set(answers(client, capsys, {"without_errors": "yes"}, "--without-errors")) == names
    assert len(answers(client, capsys, {})) == 4


def test_the_filter_by_errors_has_a_chip_and_takes_yes_or_no(public: Dataset, client: Client) -> None:
    asked = {"dataset": "pictures", "q": "red"}
    response = client.get(reverse("search"), asked | {"without_errors": "yes"})
    assert [chip.words for chip in response.context["chips"]] == ["without errors"]
    assert 'name="without_errors" value="yes" checked' in response.content.decode()
    refused = client.get(reverse("api-search"), asked | {"without_errors": "perhaps"})
    assert (refused.status_code, "must be yes or no" in refused.content.decode()) == (400, True)
