"""Filters, many datasets and cursors as page, API and command line have them; nobody finds what is not theirs."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from search.models import Collection, Dataset, Image
from tests.conftest import MakeDataset, MakeImages
from tests.indexed import index
from tests.library import put_into, tag


@pytest.fixture
def tagged(public: Dataset) -> Dataset:
    tag(public, "warm", [public.images.get(name="red.png").pk, public.images.get(name="white.png").pk])
    public.images.filter(name="blue.png").update(taken_at="2024-05-31T23:30Z")
    public.images.filter(name="red.png").update(taken_at="2024-06-01T00:00Z")
    return public


@pytest.fixture
def second(make_images: MakeImages, make_dataset: MakeDataset) -> Dataset:
    return index(make_dataset(make_images("second", crimson="crimson"), name="Second"))


def page(client: Client, **parameters: Any) -> tuple[str, list[str]]:
    response = client.get(reverse("search"), {"dataset": "pictures", "q": "red"} | parameters)
    assert response.status_code == 200
    return unescape(response.content.decode()), [hit.image.name for hit in response.context.get("hits", [])]


def api(client: Client, **parameters: Any) -> Any:
    response = client.get(reverse("api-search"), {"dataset": "pictures", "q": "red"} | parameters)
    assert response.status_code == 200, response.content
    return response.json()


def console(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    call_command("search", *arguments, "--json")
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


@pytest.mark.parametrize(
    ("parameters", "arguments", "names"),
    [
        ({"tag": "WARM"}, ["--tag", "WARM"], ["red.png", "white.png"]),
        ({"taken_until": "2024-05-31"}, ["--taken-until", "2024-05-31"], ["blue.png"]),
        ({"taken_from": "2024-06-01"}, ["--taken-from", "2024-06-01"], ["red.png"]),
        ({"added_until": "2024-06-01"}, ["--added-until", "2024-06-01"], []),
        ({"name": "RE", "tag": "warm"}, ["--name", "RE", "--tag", "warm"], ["red.png"]),
        ({"min_side": "481"}, ["--min-side", "481"], []),
        ({"orientation": "landscape", "tag": ["warm", "unheard"]}, ["--tag", "warm", "--tag", "unheard"], []),
        ({"name": "", "tag": "", "taken_from": " "}, [], ["red.png", "white.png", "blue.png", "green.png"]),
    ],
)
def test_page_api_and_console_filter_alike_and_count(
    tagged: Dataset,
    client: Client,
    capsys: pytest.CaptureFixture[str],
    parameters: dict[str, Any],
    arguments: list[str],
    names: list[str],
) -> None:
    content, shown = page(client, **parameters)
    answer, line = api(client, **parameters), console(capsys, "pictures", "red", *arguments)
    assert set(shown) == {hit["name"] for hit in answer["hits"]} == {hit["name"] for hit in line["hits"]} == set(names)
    assert answer["total"] == line["total"] == len(names)
    assert ("Nothing matches these filters" in content) is (not names)


def test_each_filter_has_a_chip_that_takes_it_away(tagged: Dataset, client: Client) -> None:
    content, _ = page(client, tag=["warm"], orientation="landscape", name="e")
    for words in ("tag warm", "landscape", "name contains e"):
        assert f"<span>{words}</span>" in content
    chip = re.search(r'href="(\?[^"]*)"[^>]*><span>tag warm<', content)
    assert chip is not None
    without = client.get(reverse("search") + chip[1])
    assert [chip.words for chip in without.context["chips"]] == ["landscape", "name contains e"]
    assert "tag=" not in chip[1]


def test_words_typed_into_the_field_keep_the_filters(tagged: Dataset, client: Client) -> None:
    content, _ = page(client, tag="warm", min_side="100")
    form = content[content.index("data-search") : content.index("</form>", content.index("data-search"))]
    assert '<input type="hidden" name="tag" value="warm">' in form
    assert '<input type="hidden" name="min_side" value="100">' in form


def test_a_private_collection_exists_for_its_owner_and_staff_only(
    public: Dataset, alice: User, bob: User, staff: User
) -> None:
    collection = Collection.objects.create(owner=alice, name="Mine")
    put_into(collection, [public.images.get(name="red.png").pk])
    for person, status in ((None, 404), (bob, 404), (alice, 200), (staff, 200)):
        client = Client()
        if person:
            client.force_login(person)
        for named in (str(collection.pk), "mine"):
            for address in ("search", "api-search"):
                asked = {"dataset": "pictures", "q": "red", "collection": named}
                response = client.get(reverse(address), asked)
                assert response.status_code == status, (person, named, address)
        content = client.get(reverse("search"), {"dataset": "pictures", "q": "red"}).content.decode()
        assert (">Mine<" in content) is (status == 200)


def test_a_collection_shows_no_image_of_a_dataset_that_is_hidden(public: Dataset, private: Dataset, bob: User) -> None:
    collection = Collection.objects.create(owner=bob, name="All", visibility=Collection.Visibility.PUBLIC)
    put_into(collection, list(Image.objects.values_list("pk", flat=True)))
    answer = api(Client(), dataset="*", collection=collection.pk)
    assert {hit["dataset"] for group in answer["groups"] for hit in group["hits"]} == {"Pictures"}
    assert answer["total"] == 4


def test_all_datasets_are_those_that_the_person_may_see(
    public: Dataset, second: Dataset, private: Dataset, alice: User, client: Client
) -> None:
    assert [one["dataset"] for one in api(client, dataset="*")["groups"][0]["datasets"]] == ["Pictures", "Second"]
    content, names = page(client, dataset="*")
    assert names[:2] == ["red.png", "crimson.png"]
    assert "Secrets" not in content
    client.force_login(alice)
    assert [one["dataset"] for one in api(client, dataset="*")["groups"][0]["datasets"]][2:] == ["Secrets"]
    assert "secret.png" in page(client, dataset="*")[1]


def test_several_datasets_can_be_named(
    public: Dataset, second: Dataset, private: Dataset, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = api(client, dataset=["pictures", "second"])
    assert answer["total"] == 5
    assert [one["index_version"] for one in answer["groups"][0]["datasets"]] == [1, 1]
    line = console(capsys, "pictures", "red", "--dataset", "second")
    assert [hit["name"] for hit in line["groups"][0]["hits"]] == [hit["name"] for hit in answer["groups"][0]["hits"]]
    everything = console(capsys, "--all", "red")
    assert everything["total"] == 7
    content, names = page(client, dataset=["pictures", "second"])
    assert len(names) == 5
    assert "<span>in Second</span>" in content
    response = client.get(reverse("search"), {"dataset": ["pictures", "secrets"], "q": "red"})
    assert response.status_code == 404


def test_the_console_prints_tables(
    public: Dataset, second: Dataset, capsys: pytest.CaptureFixture[str], make_dataset: MakeDataset
) -> None:
    make_dataset(Path(second.source_path), name="Empty")
    call_command("search", "--all", "red")
    printed = " ".join(capsys.readouterr().out.split())
    for words in ("Pictures (version 1)", "Second (version 1)", "5 match", "crimson.png", "Left out: Empty."):
        assert words in printed
    with pytest.raises(CommandError, match="Say what to look for"):
        call_command("search", "pictures")


def test_the_cursor_of_an_answer_leads_on(public: Dataset, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    first = api(client, k=3)
    second = api(client, k=3, cursor=first["cursor"])
    assert [hit["rank"] for hit in second["hits"]] == [4]
    assert second["cursor"] == ""
    line = console(capsys, "pictures", "red", "-k", "3", "--cursor", first["cursor"])
    assert line["hits"][0]["image_id"] == second["hits"][0]["image_id"]
    content, names = page(client, cursor=first["cursor"])
    assert names == [second["hits"][0]["name"]]
    assert "from place 4" in content


def test_images_like_one_keep_their_filters(tagged: Dataset, client: Client) -> None:
    image = tagged.images.get(name="red.png")
    response = client.get(reverse("search"), {"like": str(image.pk), "tag": "warm"})
    assert [hit.image.name for hit in response.context["hits"]] == ["white.png"]
    assert f'name="like" value="{image.pk}"' in response.content.decode()
