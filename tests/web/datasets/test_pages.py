"""What pages show, and what they answer to input that makes no sense."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.files.paths import index_folder
from search.index.faiss.segment import index_file
from search.index.live import live_indexes
from search.models import Dataset, Image
from tests.web.markup import on_one_line
from workers.models import Run


def search(client: Client, **parameters: str | int) -> list[str]:
    response = client.get(reverse("search"), parameters)
    assert response.status_code == 200
    return [hit.image.name for hit in response.context["hits"]]


def test_search_ranks_by_meaning_and_its_address_says_all(public: Dataset, client: Client) -> None:
    assert search(client, dataset="pictures", q="red")[0] == "red.png"
    assert search(client, dataset="pictures", q="blue")[0] == "blue.png"
    assert search(client, q="blue")[0] == "blue.png"


def test_similar_images_leave_the_image_itself_out(public: Dataset, client: Client) -> None:
    red = public.images.get(name="red.png")
    assert set(search(client, like=red.pk)) == {"blue.png", "green.png", "white.png"}


def test_a_page_of_results_names_version_time_and_scores(public: Dataset, client: Client) -> None:
    response = client.get(reverse("search"), {"dataset": "pictures", "q": "red"})
    content = response.content.decode()
    hit = response.context["hits"][0]
    assert f"{hit.score:.2f}" in content
    assert " ms" in content
    assert "ersion 1" in content


def test_an_image_deleted_after_the_build_leaves_no_gap(public: Dataset, client: Client) -> None:
    public.images.get(name="red.png").delete()
    Image.objects.filter(name="blue.png").update(state=Image.State.MISSING)
    assert set(search(client, dataset="pictures", q="red")) == {"green.png", "white.png"}


@pytest.mark.parametrize(
    ("parameters", "status", "sentence"),
    [
        ({"dataset": "pictures", "q": "red" * 400}, 400, "500 at most"),
        ({"like": "abc"}, 400, "must be a whole number"),
        ({"dataset": "pictures", "q": "red", "cursor": "-1"}, 400, "The cursor is damaged"),
        ({"dataset": "none", "q": "red"}, 404, ""),
        ({"like": "999999"}, 404, ""),
    ],
)
def test_nonsense_gets_a_sentence(
    public: Dataset, client: Client, parameters: dict[str, str], status: int, sentence: str
) -> None:
    response = client.get(reverse("search"), parameters)
    assert response.status_code == status
    assert sentence in response.content.decode()
    assert "Traceback" not in response.content.decode()


@pytest.mark.parametrize("where", ["new", "*"])
def test_a_search_before_the_first_index_says_so(db: None, client: Client, where: str) -> None:
    Dataset.objects.create(name="New", slug="new", visibility=Dataset.Visibility.PUBLIC, source_path="/nowhere")
    response = client.get(reverse("search"), {"dataset": where, "q": "red"})
    assert response.status_code == 409
    assert "has no index yet" in response.content.decode()


def test_a_search_during_the_first_run_leads_to_that_run(db: None, client: Client) -> None:
    new = Dataset.objects.create(name="New", slug="new", visibility=Dataset.Visibility.PUBLIC, source_path="/nowhere")
    run = Run.objects.create(dataset=new, kind=Run.Kind.INDEX, encoder="fake/colours/32")
    page = client.get(reverse("search"), {"dataset": "new", "q": "red"}).content.decode()
    assert f'href="{reverse("run", args=[run.pk])}"' in page
    assert "did not work" not in page


def test_a_damaged_index_gets_a_sentence_and_no_answer(public: Dataset, client: Client) -> None:
    assert public.live_version is not None
    path = index_file(index_folder(public.live_version.path), 0)
    live_indexes.reset()  # as in a web process that starts after the damage
    damaged = path.read_bytes()[:100]
    path.unlink()
    path.write_bytes(damaged)
    response = client.get(reverse("search"), {"dataset": "pictures", "q": "red"})
    assert response.status_code == 503
    assert "damaged" in response.content.decode()


def test_every_page_opens_for_a_library_without_anything(db: None, client: Client, staff: User) -> None:
    for name in ("home", "dashboard", "login"):
        assert client.get(reverse(name)).status_code == 200
    client.force_login(staff)
    assert client.get(reverse("home")).status_code == 200
    assert client.get(reverse("search")).status_code == 302


def test_dataset_image_and_map_pages_open(public: Dataset, client: Client) -> None:
    image = public.images.get(name="red.png")
    for address in (
        reverse("dataset", args=["pictures"]),
        reverse("image", args=[image.pk]),
        reverse("explorer", args=["pictures"]),
    ):
        response = client.get(address)
        assert response.status_code == 200
        assert (
            "script-src" in response["Content-Security-Policy"] or "default-src" in response["Content-Security-Policy"]
        )


def test_no_page_may_evaluate_text(public: Dataset, client: Client) -> None:
    for address in (reverse("explorer", args=["pictures"]), reverse("home")):
        assert "unsafe" not in client.get(address)["Content-Security-Policy"]


def test_pictures_are_served_with_a_fixed_type_in_a_sandbox(public: Dataset, client: Client) -> None:
    image = public.images.get(name="red.png")
    for name, content_type in (("thumbnail", "image/jpeg"), ("original", "image/png")):
        response = client.get(reverse(name, args=[image.pk]))
        assert response["Content-Type"] == content_type
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        assert "private" in response["Cache-Control"]


def test_an_original_outside_its_folder_is_never_served(public: Dataset, client: Client) -> None:
    image = public.images.get(name="red.png")
    Image.objects.filter(pk=image.pk).update(name="../../../../../../etc/hostname")
    assert client.get(reverse("original", args=[image.pk])).status_code == 404


def test_covers_carry_what_stands_for_them_until_they_arrive(public: Dataset, client: Client) -> None:
    placeholders = set(public.images.values_list("placeholder", flat=True))
    assert "" not in placeholders
    page = on_one_line(client.get(reverse("home")).content.decode())
    shown = re.findall(r'class="cover-image" data-placeholder="([^"]+)"', page)
    assert len(shown) > 1
    assert {html.unescape(one) for one in shown} <= placeholders


def test_signing_out_needs_a_post(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).status_code == 302
