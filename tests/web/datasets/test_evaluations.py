"""The page of evaluations, the fold of weaker matches, and the slider that moves the relevance line."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.evaluation.evaluate import evaluate, find_version
from search.evaluation.labels import LabelledText
from search.models import Dataset
from tests.web.markup import on_one_line
from tests.web.test_permissions import client_of


@pytest.fixture
def measured(private: Dataset) -> Dataset:
    ids = {image.name: image.pk for image in private.images.all()}
    texts = [
        LabelledText(text, frozenset({ids[name]}), frozenset({ids[name]}))
        for text, name in (("a navy page", "secret.png"), ("an olive page", "other.png"))
    ]
    evaluate(find_version(private, None), texts, "captions.csv")
    return private


@pytest.mark.parametrize(("who", "status"), [("anonymous", 404), ("bob", 404), ("alice", 200), ("staff", 200)])
def test_only_who_manages_sees_the_evaluations(
    measured: Dataset, bob: User, staff: User, who: str, status: int
) -> None:
    assert client_of(who).get(reverse("evaluations", args=[measured.slug])).status_code == status


def test_others_do_not_see_those_of_a_public_dataset(public: Dataset, client: Client) -> None:
    assert client.get(reverse("evaluations", args=[public.slug])).status_code == 404


def test_the_page_has_figures_and_a_plot(measured: Dataset) -> None:
    page = client_of("alice").get(reverse("evaluations", args=[measured.slug])).content.decode()
    assert "captions.csv" in page
    assert "1.000" in page
    assert 'class="plot-line is-1"' in page
    assert "style=" not in page


def test_without_evaluations_the_page_says_how_to_make_one(private: Dataset) -> None:
    page = client_of("alice").get(reverse("evaluations", args=[private.slug])).content.decode()
    assert "manage.py evaluate secrets --captions FILE" in page


def _results(client: Client, **parameters: str) -> str:
    response = client.get(reverse("search"), {"dataset": "pictures", "q": "red"} | parameters)
    assert response.status_code == 200
    return response.content.decode()


def test_weaker_matches_are_folded(public: Dataset, client: Client) -> None:
    relevant, weaker = _results(client).split("data-weaker")
    assert "red.png" in relevant
    assert not weaker.startswith(" open")
    assert "blue.png" in weaker
    assert "blue.png" not in relevant


def test_the_slider_moves_the_line(public: Dataset, client: Client) -> None:
    assert "data-weaker hidden" in _results(client, min_relevance="-1")
    page = on_one_line(_results(client, min_relevance="1"))
    assert "data-weaker open" in page
    assert "Back to the measured line" in page
    (value,) = re.findall(r'name="min_relevance" min="[-\d.]+" max="[-\d.]+" step="0.001" value="([-\d.]+)"', page)
    assert value == "1.000"


def test_a_score_that_makes_no_sense_is_a_sentence(public: Dataset, client: Client) -> None:
    response = client.get(reverse("search"), {"dataset": "pictures", "q": "red", "min_relevance": "much"})
    assert response.status_code == 400
    assert "it must be a score from -1 to 1" in response.content.decode()
    response = client.get(reverse("api-search"), {"dataset": "pictures", "q": "red", "min_relevance": "2"})
    assert response.status_code == 400


def test_the_api_tells_the_line_and_leaves_out_what_is_below_one_that_was_asked_for(
    public: Dataset, client: Client
) -> None:
    asked = {"dataset": "pictures", "q": "red"}
    answer = client.get(reverse("api-search"), asked).json()
    assert len(answer["hits"]) == 4
    assert answer["hits"][0]["is_relevant"]
    assert not answer["hits"][-1]["is_relevant"]
    assert answer["hits"][0]["score"] >= answer["relevance_line"] > answer["hits"][-1]["score"]
    cut = client.get(reverse("api-search"), asked | {"min_relevance": "0.9"}).json()
    assert [hit["name"] for hit in cut["hits"]] == ["red.png"]
    assert cut["relevance_line"] == 0.9
