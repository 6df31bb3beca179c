"""What pages show, and what they answer to input that makes no sense."""

from __future__ import annotations

import html
import re
import struct

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.index.live import live_indexes
from search.index.segment import index_file
from search.models import Dataset, Image
from search.services.map_files import index_of
from search.services.project import newest_projection
from search.storage import index_folder


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


def test_a_search_before_the_first_index_says_so(db: None, client: Client) -> None:
    Dataset.objects.create(name="New", slug="new", visibility=Dataset.Visibility.PUBLIC, source_path="/nowhere")
    response = client.get(reverse("search"), {"dataset": "new", "q": "red"})
    assert response.status_code == 409
    assert "has no index yet" in response.content.decode()


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


def test_only_the_map_page_may_evaluate(public: Dataset, client: Client) -> None:
    assert "unsafe-eval" in client.get(reverse("explorer", args=["pictures"]))["Content-Security-Policy"]
    assert "unsafe-eval" not in client.get(reverse("home"))["Content-Security-Policy"]


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
    page = client.get(reverse("home")).content.decode()
    shown = re.findall(r'class="cover-image" data-placeholder="([^"]+)"', page)
    assert len(shown) > 1
    assert {html.unescape(one) for one in shown} <= placeholders


def test_the_map_goes_to_an_image_of_its_dataset_that_may_be_seen(
    public: Dataset, private: Dataset, client: Client
) -> None:
    address = reverse("explorer", args=["pictures"])
    green, projection = public.images.get(name="green.png"), newest_projection(public)
    assert projection is not None
    assert "data-chosen" not in client.get(address).content.decode()
    chosen = f'data-chosen="{index_of(green, projection)}"'
    assert chosen in client.get(address, {"image": green.pk}).content.decode()
    public.images.create(name="later.png", byte_size=1, modified_ns=1, checksum="0" * 64)
    later = public.images.get(name="later.png")
    page = client.get(address, {"image": later.pk}).content.decode()
    assert "later.png is not on this map." in page
    assert "data-chosen" not in page
    hidden = private.images.first()
    assert hidden is not None
    assert client.get(address, {"image": hidden.pk}).status_code == 404
    assert client.get(address, {"image": 10**12}).status_code == 404
    assert client.get(address, {"image": "first"}).status_code == 400


def test_map_points_come_with_their_images(public: Dataset, client: Client) -> None:
    projection = newest_projection(public)
    assert projection is not None
    content = client.get(reverse("map-points", args=["pictures", projection.pk])).content
    magic, count = struct.unpack_from("<4sI", content)
    assert (magic, count) == (b"CSM1", 4)
    assert len(content) == 24 + 4 * count
    names = {
        client.get(reverse("map-point", args=["pictures", projection.pk, index])).json()["name"] for index in range(4)
    }
    assert names == {"red.png", "blue.png", "green.png", "white.png"}
    assert client.get(reverse("map-point", args=["pictures", projection.pk, 4])).status_code == 404


def test_health_says_what_answers(db: None, client: Client) -> None:
    response = client.get(reverse("healthz"))
    assert response.json() == {"ok": True, "problems": []}


def test_signing_out_needs_a_post(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).status_code == 302
