"""The API answers in the shape of the command line, with addresses, and errors are sentences."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from search.models import Dataset


def test_it_answers_in_the_documented_shape(public: Dataset, client: Client) -> None:
    answer = client.get(reverse("api-search"), {"dataset": "Pictures", "q": "red", "k": "2"}).json()
    assert {key: answer[key] for key in ("query", "dataset", "encoder", "index_version")} == {
        "query": "red",
        "dataset": "Pictures",
        "encoder": "fake/colours/32",
        "index_version": 1,
    }
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2]
    first = answer["hits"][0]
    assert (first["name"], first["path"]) == ("red.png", "red.png")
    assert first["score"] == pytest.approx(1.0, abs=1e-2)
    for key in ("url", "thumbnail_url", "original_url"):
        assert client.get(first[key]).status_code == 200


def test_the_command_line_answers_the_same(public: Dataset, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("search", "pictures", "red", "-k", "2", "--json")
    line = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    answer = client.get(reverse("api-search"), {"dataset": "pictures", "q": "red", "k": "2"}).json()
    assert set(line) == set(answer)
    assert [hit["image_id"] for hit in line["hits"]] == [hit["image_id"] for hit in answer["hits"]]
    assert line["hits"][0]["path"] == f"{public.source_path}/red.png"


@pytest.mark.parametrize(
    ("parameters", "status", "sentence"),
    [
        ({"q": "red"}, 400, "parameter dataset is missing"),
        ({"dataset": "none", "q": "red"}, 404, "There is: Pictures."),
        ({"dataset": "pictures"}, 400, "The query is empty"),
        ({"dataset": "pictures", "q": "red", "k": "many"}, 400, "must be a whole number"),
        ({"dataset": "pictures", "q": "red", "k": "0"}, 400, "from 1 to 1000"),
    ],
)
def test_it_explains_what_is_wrong(
    public: Dataset, client: Client, parameters: dict[str, str], status: int, sentence: str
) -> None:
    response = client.get(reverse("api-search"), parameters)
    assert response.status_code == status
    assert sentence in response.json()["detail"]


def test_the_command_line_names_an_unknown_dataset(db: None) -> None:
    with pytest.raises(CommandError, match="There is no dataset 'none' here"):
        call_command("search", "none", "red")
