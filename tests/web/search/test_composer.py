"""The search field shows what was asked and says what is wrong with it; pictures come by upload and by address."""

from __future__ import annotations

import re
from html import unescape
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from search.models import Dataset
from search.query.pictures import token_of
from tests.conftest import MakeDataset, MakeImages
from tests.indexed import index
from tests.ingest.corpus import png
from tests.web_server import jpeg, serving

JSON = {"Accept": "application/json"}


def picture(content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("picture.jpg", jpeg("navy") if content is None else content)


def page(client: Client, status: int = 200, **parameters: Any) -> str:
    response = client.get(reverse("search"), {"dataset": "pictures"} | parameters)
    assert response.status_code == status
    return unescape(response.content.decode())


def in_field(content: str) -> str:
    found = re.search(r'<input id="q"[^>]*? value="(.*?)" data-words', content)
    assert found
    return found.group(1)


def said_at_field(content: str) -> str:
    found = re.search(r'<p class="composer-said is-warning"[^>]*role="alert">(.*?)</p>', content)
    assert found, "nothing is said at the field"
    return found.group(1)


def image_number(dataset: Dataset, name: str) -> int:
    return dataset.images.get(name=name).pk


def test_plain_words_stay_words_in_the_field(public: Dataset, client: Client) -> None:
    content = page(client, q="a  red t-shirt")
    assert in_field(content) == "a red t-shirt"
    assert 'class="term' not in content


def test_each_other_term_is_a_chip_that_can_be_taken_away_without_a_script(public: Dataset, client: Client) -> None:
    white = image_number(public, "white.png")
    content = page(client, q=f"red + image:{white} - 0.5:blue", tag="")
    assert in_field(content) == f'"red" + image:{white} - 0.5:"blue"'
    assert 'data-words="red"' in content
    assert re.findall(r'data-term="(.*?)" data-weight="(.*?)"', content) == [
        (f"image:{white}", "1"),
        ('"blue"', "-0.5"),
    ]
    assert reverse("thumbnail", args=[white]) in content
    without = re.findall(r'class="term-remove" href="(.*?)"', content)
    assert [parse_qs(urlsplit(href).query)["q"] for href in without] == [
        ['"red" - 0.5:"blue"'],
        [f'"red" + image:{white}'],
    ]
    assert client.get(without[0]).status_code == 200


def test_like_is_one_more_image_of_the_query(public: Dataset, client: Client) -> None:
    white = image_number(public, "white.png")
    alone = client.get(reverse("search"), {"like": white})
    assert alone.context["query_text"] == f"image:{white}"
    assert b"Images similar to white.png" in alone.content
    both = client.get(reverse("search"), {"like": str(white), "q": "red", "dataset": "pictures"})
    assert both.context["query_text"] == f'"red" + image:{white}'
    written = client.get(reverse("search"), {"q": f"red + image:{white}", "dataset": "pictures"})
    assert [hit.image.pk for hit in both.context["hits"]] == [hit.image.pk for hit in written.context["hits"]]


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ('red + "dog in snow', 400, "never closed"),
        ("red - colour:blue", 400, "no kind of term called colour"),
        ("red + image:999999", 404, "There is no image 999999 here"),
        ("- red", 400, "only takes away"),
        ("red + upload:" + "0" * 32, 400, "kept for 30 days after their last use. Upload it again"),
        ("red + http://169.254.169.254/latest/meta-data", 400, "leads into a private network"),
        ("0:red", 400, "The weight 0 is no number"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_the_query_is_kept(
    public: Dataset, client: Client, query: str, status: int, sentence: str
) -> None:
    content = page(client, status, q=query, name="r")
    assert sentence in said_at_field(content)
    assert query.split()[-1] in in_field(content).replace('"red"', "red")
    assert '<input type="hidden" name="name" value="r">' in content
    told = client.get(reverse("api-search"), {"dataset": "pictures", "q": query})
    assert (told.status_code, sentence in told.json()["detail"]) == (status, True)


def test_an_image_that_the_person_may_not_see_is_no_term_for_them(
    public: Dataset, private: Dataset, alice: User, bob: User, client: Client
) -> None:
    secret = image_number(private, "secret.png")
    for stranger in (None, bob):
        if stranger:
            client.force_login(stranger)
        assert f"There is no image {secret} here" in said_at_field(page(client, 404, q=f"red + image:{secret}"))
        told = client.get(reverse("api-search"), {"dataset": "pictures", "q": f"red + image:{secret}"})
        assert told.status_code == 404
    client.force_login(alice)
    assert page(client, q=f"red + image:{secret}")


def test_a_script_uploads_a_picture_and_gets_its_term(public: Dataset, client: Client) -> None:
    answer = client.post(reverse("query-picture-add"), {"picture": picture()}, headers=JSON)
    assert answer.status_code == 201
    term = answer.json()["term"]
    response = client.get(reverse("search"), {"dataset": "pictures", "q": term})
    assert response.context["hits"][0].image.name == "blue.png"
    shown = client.get(reverse("query-picture", args=[term.removeprefix("upload:")]))
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert reverse("query-picture", args=[term.removeprefix("upload:")]) in response.content.decode()


def test_a_form_uploads_a_picture_and_is_sent_to_its_search(public: Dataset, client: Client) -> None:
    form = {"picture": picture(), "q": "red", "dataset": "pictures", "orientation": "landscape"}
    response = client.post(reverse("query-picture-add"), form)
    assert response.status_code == 302
    asked = parse_qs(urlsplit(response["Location"]).query)
    assert (asked["dataset"], asked["orientation"]) == (["pictures"], ["landscape"])
    assert re.fullmatch(r"red \+ upload:[0-9a-f]{32}", asked["q"][0])
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no picture", "is not an image of a known format"),
        (png((10_000, 5_000), pixels=b""), "has more than 40 megapixels"),
        (bytes((20 << 20) + 1), "larger than 20 MB"),
    ],
)
def test_a_picture_that_cannot_be_used_is_a_sentence_as_json_and_at_the_field(
    public: Dataset, client: Client, content: bytes, sentence: str
) -> None:
    told = client.post(reverse("query-picture-add"), {"picture": picture(content)}, headers=JSON)
    assert (told.status_code, sentence in told.json()["error"]) == (400, True)
    form = {"picture": picture(content), "q": "red", "dataset": "pictures", "orientation": "landscape"}
    response = client.post(reverse("query-picture-add"), form)
    shown = unescape(response.content.decode())
    assert response.status_code == 400
    assert sentence in said_at_field(shown)
    assert in_field(shown) == "red"
    assert '<input type="hidden" name="orientation" value="landscape">' in shown


def test_an_address_can_be_given_in_the_form(public: Dataset, client: Client, settings: Settings) -> None:
    settings.FETCH_NETWORKS = [ip_network("127.0.0.1")]
    with serving("127.0.0.1") as server:
        address = server.address("/picture/navy")
        response = client.post(reverse("query-picture-add"), {"address": address, "q": "", "dataset": "pictures"})
        found = client.get(response["Location"])
    assert found.context["hits"][0].image.name == "blue.png"
    shown = reverse("query-picture", args=[token_of(address)])
    assert shown in found.content.decode()
    assert client.get(shown).status_code == 200
    nothing = client.post(reverse("query-picture-add"), {"q": "red", "dataset": "pictures"})
    assert "Choose a picture" in said_at_field(unescape(nothing.content.decode()))


def test_tokens_are_neither_listed_nor_guessed(public: Dataset, client: Client) -> None:
    client.post(reverse("query-picture-add"), {"picture": picture()}, headers=JSON)
    assert client.get(reverse("query-picture-add")).status_code == 405
    for token in ("0" * 32, "..", "*", "a.jpg"):
        assert client.get(f"{reverse('query-picture-add')}{token}").status_code == 404


def test_who_sees_no_dataset_uploads_nothing(private: Dataset, client: Client, settings: Settings) -> None:
    assert client.post(reverse("query-picture-add"), {"picture": picture()}, headers=JSON).status_code == 404
    assert not Path(settings.QUERY_PICTURES_DIR).exists()


def test_uploads_need_the_token_of_a_page(public: Dataset) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("query-picture-add"), {"picture": picture()}, headers=JSON).status_code == 403
    content = strict.get(reverse("home")).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', content)
    assert token
    answer = strict.post(
        reverse("query-picture-add"), {"picture": picture()}, headers=JSON | {"X-CSRFToken": token.group(1)}
    )
    assert answer.status_code == 201


def test_an_image_alone_is_looked_for_in_its_own_dataset(
    public: Dataset, make_images: MakeImages, make_dataset: MakeDataset, client: Client
) -> None:
    other = index(make_dataset(make_images("other", grey="grey", pink="pink"), name="Another"))
    for dataset in (public, other):
        found = client.get(reverse("search"), {"q": f"image:{dataset.images.all()[0].pk}"})
        assert found.context["dataset"] == dataset
        assert {hit.image.dataset_id for hit in found.context["hits"]} == {dataset.pk}
