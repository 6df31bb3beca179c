"""One search means the same everywhere: on the page, in the API, and as a saved search in both."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from search.models import Dataset, SavedSearch
from search.query.pictures import keep_picture
from search.query.writer import write_query
from search.saved_searches.history import stop_history
from search.values import Order, Orientation, Term, TermKind
from tests.conftest import MakeDataset, MakeImages
from tests.indexed import index
from tests.web.collections.kept import client_of

Hits = list[tuple[int, int, float]]
"""Rank, image id and score."""

COLOURS = ("red", "blue", "lime", "white", "navy", "olive", "teal", "orange")
COMPOSITIONS = 50
_ALL_HITS = 60  # as many as the page shows


@pytest.fixture
def pictures(make_images: MakeImages, make_dataset: MakeDataset) -> Dataset:
    return index(make_dataset(make_images("pictures", **{colour: colour for colour in COLOURS})))


@pytest.fixture
def client(alice: User) -> Client:
    stop_history(alice)
    return client_of("alice")


def uploaded(colour: str) -> str:
    """The token of a picture that somebody searches with."""
    file = io.BytesIO()
    Pillow.new("RGB", (40, 30), colour).save(file, "PNG")
    file.seek(0)
    return keep_picture(file)


def term(value: tuple[TermKind, str], weight: float) -> Term:
    return Term(value[0], value[1], weight)


def compositions(dataset: Dataset, tokens: list[str]) -> st.SearchStrategy[tuple[Term, ...]]:
    """Terms of every kind that needs no other server, with weights and signs, one of them at least positive."""
    characters = st.characters(exclude_categories=("Cs", "Cc"))
    texts = st.sampled_from([*COLOURS, "a red car", 'a "sign"', "black-and-white", "16:9", "C++"]) | st.text(
        characters, min_size=1, max_size=15
    ).map(lambda text: " ".join(text.split())).filter(bool)
    ids = [str(pk) for pk in dataset.images.values_list("pk", flat=True)]
    values = st.one_of(
        st.tuples(st.just(TermKind.TEXT), texts),
        st.tuples(st.just(TermKind.IMAGE), st.sampled_from(ids)),
        st.tuples(st.just(TermKind.UPLOAD), st.sampled_from(tokens)),
    )
    sizes = st.sampled_from([1.0, 0.5, 2.0, 0.01, 100.0]) | st.floats(0.01, 100.0)
    first = st.builds(term, values, sizes)
    more = st.builds(term, values, sizes | sizes.map(lambda size: -size))
    return st.builds(lambda one, others: (one, *others), first, st.lists(more, max_size=4)).flatmap(
        lambda terms: st.permutations(terms).map(tuple)
    )


def conditions() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "sort": st.sampled_from([order.value for order in Order]),
            "orientation": st.sampled_from([shape.value for shape in Orientation]),
            "name": st.sampled_from(["e", ".png", "E"]),
            "min_side": st.sampled_from(["1", "480"]),
            "added_from": st.just("2000-01-01"),
            "without_errors": st.sampled_from(["yes", "1", "no"]),
            "collapse": st.sampled_from(["1", "0"]),
        },
    )


def page_hits(page: Any) -> tuple[Hits, str]:
    """What the page shows, and the query in its field."""
    hits = [(hit.rank, hit.image.pk, round(hit.score, 6)) for hit in page.context["hits"]]
    return hits, page.context["query_text"]


def api_hits(answer: dict[str, Any]) -> tuple[Hits, str]:
    return [(hit["rank"], hit["image_id"], hit["score"]) for hit in answer["hits"]], answer["query"]


def test_a_composition_finds_the_same_on_every_way(pictures: Dataset, client: Client, alice: User) -> None:
    tokens = [uploaded("green"), uploaded("purple")]
    tried: list[tuple[Term, ...]] = []

    @settings(max_examples=COMPOSITIONS, derandomize=True, database=None)
    @given(compositions(pictures, tokens), conditions())
    def round_trips(terms: tuple[Term, ...], asked: dict[str, str]) -> None:
        query = urlencode({"q": write_query(terms), "dataset": pictures.slug, **asked})
        page = client.get(f"{reverse('search')}?{query}")
        answer = client.get(f"{reverse('api-search')}?{query}&k={_ALL_HITS}")
        made = client.post(
            reverse("api-saved-searches"), {"name": f"{len(tried)}", "query": query}, content_type="application/json"
        )
        tried.append(terms)
        assert made.status_code == 201, made.json()
        again = client.get(made.json()["hits_url"], {"k": _ALL_HITS})
        opened = client.get(made.json()["url"], follow=True)
        assert len({response.status_code for response in (page, answer, again, opened)}) == 1
        if answer.status_code != 200:  # terms that take each other away leave nothing to look for
            assert again.json() == answer.json()
            return
        found = api_hits(answer.json())
        assert found[1] == write_query(terms)
        assert api_hits(again.json()) == found
        assert page_hits(page) == found
        assert page_hits(opened) == found

    round_trips()
    assert len(tried) >= COMPOSITIONS
    assert {term.kind for terms in tried for term in terms} == {TermKind.TEXT, TermKind.IMAGE, TermKind.UPLOAD}
    assert SavedSearch.objects.filter(owner=alice).count() == len(tried)
