"""Whatever goes wrong below /api/ is told as a problem with a sentence, and nothing of the inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from search.index.live import live_indexes
from search.models import Dataset
from tests.api.conftest import MakeHeaders


def problem(answer: Any) -> dict[str, Any]:
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.content)
    assert told["status"] == answer.status_code
    assert {"type", "title", "detail"} <= set(told)
    assert told["detail"][0].isupper()
    assert len(told["detail"].split()) > 2
    return told


def test_an_unknown_address(client: Client, db: None) -> None:
    for address in ("/api/v1/none", "/api/v2/search", "/api/", "/api/v1/images/abc", "/api/v1/datasets/"):
        assert problem(client.get(address))["status"] == 404, address


def test_a_method_that_an_address_does_not_know(client: Client, db: None) -> None:
    answer = client.delete(reverse("api-datasets"))
    assert problem(answer)["status"] == 405
    assert answer["Allow"] == "GET"


def test_something_that_is_not_there_or_not_visible(private: Dataset, client: Client) -> None:
    told = problem(client.get(reverse("api-dataset", args=["secrets"])))
    assert (told["status"], told["detail"]) == (404, "There is no dataset 'secrets' here.")
    assert problem(client.get(reverse("api-dataset", args=["none"])))["detail"] == "There is no dataset 'none' here."
    assert problem(client.get(reverse("api-image", args=[10**30])))["status"] == 404


def test_a_query_that_cannot_be_answered(public: Dataset, client: Client) -> None:
    told = problem(client.get(reverse("api-search"), {"dataset": "pictures"}))
    assert (told["status"], told["type"]) == (400, "/api/v1/docs#bad-term")
    Dataset.objects.update(live_version=None)
    told = problem(client.get(reverse("api-search"), {"dataset": "pictures", "q": "red"}))
    assert (told["status"], told["type"]) == (409, "/api/v1/docs#not-searchable")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ('{"kind": "explode"}', "kind"),
        ('{"kind": "index", "priority": 7}', "priority"),
        ("{}", "kind"),
        ("[]", "body"),
        ("no json", ""),
        ("", "body"),
        (b"\xff\xfe", ""),
    ],
)
def test_a_body_that_makes_no_sense(
    private: Dataset, client: Client, alice: User, headers_of: MakeHeaders, body: str | bytes, where: str
) -> None:
    address = reverse("api-run-start", args=["secrets"])
    answer = client.post(address, body, content_type="application/json", headers=headers_of(alice, "write"))
    told = problem(answer)
    assert told["status"] == 400
    assert where in told["detail"]
    assert where in str(told.get("errors", ""))


def test_a_fault_of_ours_tells_nothing_of_the_inside(
    public: Dataset, client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the password of the database is 1234")

    monkeypatch.setattr(live_indexes, "of", broken)
    client.raise_request_exception = False
    for debug in (False, True):
        settings.DEBUG = debug
        answer = client.get(reverse("api-search"), {"dataset": "pictures", "q": "red"})
        assert problem(answer)["status"] == 500
        assert b"1234" not in answer.content


def test_an_address_that_django_refuses(client: Client, db: None) -> None:
    answer = client.get(reverse("api-datasets"), headers={"Host": "elsewhere.example"})
    assert problem(answer)["status"] == 400


def test_pages_stay_pages(client: Client, db: None) -> None:
    assert client.get("/none")["Content-Type"].startswith("text/html")


def test_answers_are_kept_by_no_cache(public: Dataset, client: Client) -> None:
    answer = client.get(reverse("api-datasets"))
    assert answer["Cache-Control"] == "private, no-store"
    assert {"Authorization", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}
