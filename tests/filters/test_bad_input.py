"""Bad input gets the same sentence from page, API and console, since one reader reads searches for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from search.models import Dataset

Given = Mapping[str, str | list[str]]

LONG = "x" * 201
DAY = "it must be a day such as 2026-05-31."
ORDERS = "relevance, newest, oldest, added-last, added-first, name, name-reversed"
EMPTY = "The query is empty. Say what the picture shows, for example: a cat on a sofa."


def longer(name: str) -> str:
    return f"The parameter {name} has 201 characters; 200 at most."


def twice(name: str) -> str:
    return f"The parameter {name} stands there 2 times; give it once."


REFUSED: list[tuple[Given, int, str]] = [
    ({"taken_from": "yesterday"}, 400, f"The parameter taken_from is 'yesterday'; {DAY}"),
    ({"taken_from": "2024-02-30"}, 400, f"The parameter taken_from is '2024-02-30'; {DAY}"),
    ({"taken_until": "x" * 60}, 400, f"The parameter taken_until is '{'x' * 40}'; {DAY}"),
    ({"added_from": "31.5.2026"}, 400, f"The parameter added_from is '31.5.2026'; {DAY}"),
    ({"taken_from": "0001-01-01"}, 400, "The parameter taken_from is '0001-01-01'; no picture is from that year."),
    ({"added_until": "9999-12-31"}, 400, "The parameter added_until is '9999-12-31'; no picture is from that year."),
    ({"taken_from": ["2024-01-01", "2024-01-02"]}, 400, twice("taken_from")),
    (
        {"taken_from": "2024-02-02", "taken_until": "2024-02-01"},
        400,
        "The parameter taken_from (2024-02-02) lies after taken_until (2024-02-01); exchange them.",
    ),
    (
        {"added_from": "2024-02-02", "added_until": "2024-02-01"},
        400,
        "The parameter added_from (2024-02-02) lies after added_until (2024-02-01); exchange them.",
    ),
    (
        {"orientation": "upside down"},
        400,
        "There is no orientation 'upside down'; it is one of landscape, portrait, square.",
    ),
    ({"orientation": ["landscape", "portrait"]}, 400, twice("orientation")),
    ({"min_side": "0"}, 400, "The parameter min_side is '0'; it must be a whole number from 1 to 1000000."),
    ({"min_side": "many"}, 400, "The parameter min_side is 'many'; it must be a whole number from 1 to 1000000."),
    ({"min_side": "1.5"}, 400, "The parameter min_side is '1.5'; it must be a whole number from 1 to 1000000."),
    ({"min_side": "1000001"}, 400, "The parameter min_side is '1000001'; it must be a whole number from 1 to 1000000."),
    ({"min_side": ["1", "2"]}, 400, twice("min_side")),
    ({"name": LONG}, 400, longer("name")),
    ({"name": ["a", "b"]}, 400, twice("name")),
    ({"tag": [f"t{number}" for number in range(11)]}, 400, "There are 11 tags; 10 at most."),
    ({"tag": LONG}, 400, longer("tag")),
    ({"collection": "99"}, 404, "There is no collection '99' here."),
    ({"collection": "holidays"}, 404, "There is no collection 'holidays' here."),
    ({"collection": ["1", "2"]}, 400, twice("collection")),
    ({"collection": LONG}, 400, longer("collection")),
    ({"selection": ["a", "b"]}, 400, twice("selection")),
    ({"selection": LONG}, 400, longer("selection")),
    ({"sort": "best"}, 400, f"There is no order 'best'; it is one of {ORDERS}."),
    ({"min_relevance": "much"}, 400, "The parameter min_relevance is 'much'; it must be a score from -1 to 1."),
    ({"min_relevance": "2"}, 400, "The parameter min_relevance is '2'; it must be a score from -1 to 1."),
    ({"min_relevance": "nan"}, 400, "The parameter min_relevance is 'nan'; it must be a score from -1 to 1."),
    (
        {"cursor": "nonsense"},
        400,
        "The cursor is damaged, or this site did not make it. Leave it out to begin with the first image.",
    ),
    ({"q": "x" * 10_000}, 400, "The query has 10000 characters; 4000 at most."),
    ({"q": "x" * 501}, 400, "The text has 501 characters; 500 at most."),
    (
        {"q": "- car"},
        400,
        "This query only takes away. Put before it what the pictures should show, for example: a street - car.",
    ),
    ({"q": "red -"}, 400, "Nothing follows the last -. Write what it is for, or leave it out."),
    ({"q": "red + - blue"}, 400, "Two signs follow each other: + -. Keep the one that you mean."),
    (
        {"q": "red - red"},
        400,
        "The terms of this query cancel each other out. Change a weight, or leave one out.",
    ),
    ({"q": "image:9999999"}, 404, "There is no image 9999999 here. Take it out of the query."),
]
"""What is given beside a good query and dataset, the status of page and API, and the sentence of all three."""

REFUSED_BY_ADDRESSES: list[tuple[Given, int, str]] = [
    ({"without_errors": "maybe"}, 400, "The parameter without_errors is 'maybe'; it must be yes or no."),
    ({"without_errors": ["yes", "no"]}, 400, twice("without_errors")),
    ({"collapse": "2"}, 400, "The parameter collapse is '2'; it must be yes or no."),
    ({"sort": ["newest", "oldest"]}, 400, twice("sort")),
    ({"sort": LONG}, 400, longer("sort")),
    ({"min_relevance": ["0.1", "0.2"]}, 400, twice("min_relevance")),
    ({"dataset": LONG}, 400, longer("dataset")),
]
"""What the console cannot be given: options that are switched on, or of which the last one counts."""


def ask(name: str, given: Given, *arguments: object) -> Any:
    return Client().get(reverse(name, args=arguments), {"dataset": "pictures", "q": "red", **given})


def sentence_of_page(response: Any) -> str:
    """The one sentence, wherever the page has it: at the field, above the results, or as the whole page."""
    sentences = {response.context.get(key) for key in ("query_error", "error", "message")} - {None, ""}
    assert len(sentences) == 1, sentences
    return str(sentences.pop())


def options(given: Given) -> list[str]:
    return [
        argument
        for name, values in given.items()
        if name not in {"dataset", "q"}
        for value in ([values] if isinstance(values, str) else values)
        for argument in (f"--{name.replace('_', '-')}", value)
    ]


@pytest.mark.parametrize(("given", "status", "sentence"), REFUSED + REFUSED_BY_ADDRESSES)
def test_page_api_and_export_refuse_it_with_the_same_sentence(
    public: Dataset, given: Given, status: int, sentence: str
) -> None:
    page, api = ask("search", given), ask("api-search", given)
    assert (page.status_code, sentence_of_page(page)) == (status, sentence)
    assert (api.status_code, api.json()["detail"]) == (status, sentence)
    if "cursor" not in given:  # an export has all hits
        export = ask("export-search", given)
        assert (export.status_code, sentence_of_page(export)) == (status, sentence)


@pytest.mark.parametrize(("given", "status", "sentence"), REFUSED)
def test_the_console_refuses_it_with_the_same_sentence(
    public: Dataset, given: Given, status: int, sentence: str
) -> None:
    query = given.get("q", "red")
    with pytest.raises(CommandError) as refusal:
        call_command("search", *options(given), "--", "pictures", query)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("given", "status", "sentence"),
    [row for row in REFUSED + REFUSED_BY_ADDRESSES if not {"q", "cursor"} & set(row[0])],
)
def test_lists_of_similar_images_refuse_it_as_well(public: Dataset, given: Given, status: int, sentence: str) -> None:
    similar = ask("api-similar", given, public.images.all()[0].pk)
    assert (similar.status_code, similar.json()["detail"]) == (status, sentence)
    if not {"sort", "min_relevance", "dataset"} & set(given):
        images = ask("api-images", given, "pictures")
        assert (images.status_code, images.json()["detail"]) == (status, sentence)


def test_an_unknown_dataset_is_refused_with_those_that_there_are(public: Dataset) -> None:
    sentence = "There is no dataset 'none' here. There is: Pictures."
    unknown: list[Given] = [{"dataset": "none"}, {"dataset": ["pictures", "none"]}]
    for given in unknown:
        page, api = ask("search", given), ask("api-search", given)
        assert (page.status_code, sentence_of_page(page)) == (404, sentence)
        assert (api.status_code, api.json()["detail"]) == (404, sentence)
    for names in (["none"], ["pictures", "--dataset", "none"]):
        with pytest.raises(CommandError, match=r"^There is no dataset 'none' here\. There is: Pictures\.$"):
            call_command("search", names[0], "red", *names[1:])


def test_each_says_in_its_own_way_that_something_is_missing(public: Dataset) -> None:
    empty: Given = {"q": " "}
    assert ask("search", empty).headers["Location"] == reverse("home")
    assert ask("api-search", empty).json()["detail"] == EMPTY
    with pytest.raises(CommandError, match="The query is empty"):
        call_command("search", "pictures", " ")
    nowhere: Given = {"dataset": ""}
    assert ask("search", nowhere).status_code == 200
    sentence = "The parameter dataset is missing; name the dataset to search, or * for all."
    assert ask("api-search", nowhere).json()["detail"] == sentence


@pytest.mark.parametrize("k", ["0", "1001", "many", ""])
def test_an_impossible_number_of_hits_is_refused(public: Dataset, k: str) -> None:
    api = ask("api-search", {"k": k})
    sentence = f"The parameter k is {k!r}; it must be a whole number from 1 to 1000."
    assert (api.status_code, api.json()["detail"]) == (400, sentence)
    assert ask("search", {"k": k}).status_code == 200  # the page has a size of its own
    if k.isdecimal():
        with pytest.raises(CommandError, match=f"^k is {k}; it must be from 1 to 1000.$"):
            call_command("search", "pictures", "red", "-k", k)


@pytest.mark.parametrize("like", ["x", "0", "-1", "1" * 19])
def test_an_image_that_is_no_number_is_refused(public: Dataset, like: str) -> None:
    sentence = f"The parameter like is {like!r}; it must be a whole number from 1 to {10**18 - 1}."
    for name in ("search", "export-search"):
        response = ask(name, {"like": like})
        assert (response.status_code, sentence_of_page(response)) == (400, sentence)


@pytest.mark.parametrize(
    "given",
    [
        {"q": "r\0ed", "name": "\0", "tag": "\0"},
        {"name": "", "tag": "", "taken_from": " "},
        {"sort": " relevance ", "min_side": " 5 ", "orientation": ["", "landscape"]},
        {"tag": ["", " "], "collapse": "NO", "without_errors": "0", "nonsense": "1"},
    ],
)
def test_spaces_and_empty_values_ask_nothing(public: Dataset, given: Given) -> None:
    page, api = ask("search", given), ask("api-search", given)
    assert len(page.context["hits"]) == len(api.json()["hits"]) == 4


def test_of_a_page_size_the_last_value_counts(public: Dataset) -> None:
    assert len(ask("api-search", {"k": ["4", "2"]}).json()["hits"]) == 2
