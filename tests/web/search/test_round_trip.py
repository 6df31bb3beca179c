"""Whatever is composed: page, API and command line read it alike and find the same, also by what they answer."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from search.models import Dataset
from search.query.pictures import keep_picture
from search.query.syntax import parse
from search.query.writer import write_query
from search.values import Term, TermKind
from tests.conftest import MakeDataset
from tests.library import fill
from tests.web_server import jpeg, serving

COMPOSITIONS = 50
IMAGES = 80

sizes = st.floats(0.01, 100) | st.sampled_from((0.5, 1.0, 2.0))
weights = st.builds(lambda size, sign: size * sign, sizes, st.sampled_from((1.0, 1.0, -1.0)))
WORDS = ("red", "a navy", 'the "lime"', "rock - orange", "2:teal", "image:1 gold", "C:\\", "“x” white")
parts = st.tuples(st.sampled_from(TermKind), st.sampled_from(WORDS), st.integers(0, IMAGES - 1), weights)
terms = st.lists(parts, min_size=1, max_size=5)


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    made = make_dataset(Path("/nowhere"))
    fill(made, IMAGES, seed=5)
    return made


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    settings.FETCH_NETWORKS = [ip_network("127.0.0.1")]
    with serving("127.0.0.1") as server:
        yield server.address("/picture/orange")


def page(query: str) -> tuple[int, Any, list[tuple[int, float]]]:
    response = Client().get(reverse("search"), {"dataset": "pictures", "q": query})
    hits = response.context.get("hits", [])
    said = response.context.get("query_error") or response.context["query_text"]
    return response.status_code, said, [(hit.image.pk, round(hit.score, 6)) for hit in hits]


def api(query: str) -> tuple[int, Any, list[tuple[int, float]]]:
    response = Client().get(reverse("api-search"), {"dataset": "pictures", "q": query, "k": "60"})
    answer = response.json()
    hits = [(hit["image_id"], hit["score"]) for hit in answer.get("hits", [])]
    return response.status_code, answer.get("query", answer.get("detail")), hits


def console(query: str) -> tuple[int, Any, list[tuple[int, float]]]:
    out = io.StringIO()
    try:
        call_command("search", "--json", "-k", "60", "--", "pictures", query, stdout=out)
    except CommandError as error:
        return 400, str(error), []
    answer = json.loads(out.getvalue().splitlines()[-1])
    return 200, answer["query"], [(hit["image_id"], hit["score"]) for hit in answer["hits"]]


@settings(
    max_examples=COMPOSITIONS,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=terms)
def test_compositions_go_round_with_identical_hits(
    dataset: Dataset, address: str, drawn: list[tuple[TermKind, str, int, float]]
) -> None:
    ids = list(dataset.images.values_list("pk", flat=True))
    uploaded = keep_picture(io.BytesIO(jpeg("teal")))
    values = {TermKind.UPLOAD: uploaded, TermKind.URL: address}
    composed = tuple(
        Term(kind, text if kind is TermKind.TEXT else values.get(kind, str(ids[number])), weight)
        for kind, text, number, weight in drawn
    )
    query = write_query(composed)
    status, said, hits = page(query)
    assert api(query) == console(query) == (status, said, hits)
    if status == 200:
        assert parse(said) == composed
        assert len(hits) == min(60, IMAGES - len({term.value for term in composed if term.kind is TermKind.IMAGE}))
        assert page(said) == api(said) == (status, said, hits)
    else:
        assert said.startswith(("This query only takes away", "The terms of this query cancel", "The query names more"))
