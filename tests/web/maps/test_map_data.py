"""What the page of a map fetches: levels that browsers keep for good, points by their index, an image's point."""

from __future__ import annotations

import gzip
import shutil

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.files.paths import projection_folder
from search.maps.draw import newest_projection
from search.models import Dataset, Image, Projection
from search.projection.points import decode_level
from tests.maps.helpers import draw_line, give_clusters, index_on


@pytest.fixture
def line(public: Dataset) -> Projection:
    """Red, blue and green from left to right; white is not on the map."""
    return draw_line(public, ["red.png", "blue.png", "green.png"])


def address(name: str, projection: Projection, *more: object) -> str:
    return reverse(name, args=[projection.version.dataset.slug, projection.pk, *more])


def test_a_level_comes_as_it_lies_on_the_disk_and_is_kept_for_good(line: Projection, client: Client) -> None:
    answer = client.get(address("map-level", line, 0), headers={"accept-encoding": "gzip, br"})
    assert answer["Content-Encoding"] == "gzip"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.content == projection_folder(line.path).joinpath("level-0.bin.gz").read_bytes()
    assert len(decode_level(gzip.decompress(answer.content))) == 3
    plain = client.get(address("map-level", line, 0), headers={"accept-encoding": "identity"})
    assert "Content-Encoding" not in plain
    assert plain.content == gzip.decompress(answer.content)
    assert client.get(address("map-level", line, 1)).status_code == 404


def test_points_say_what_they_are(line: Projection, client: Client) -> None:
    give_clusters(line, {"red.png": 0, "blue.png": 1}, ["warm", "cold"])
    red, blue, green = (index_on(line, f"{name}.png") for name in ("red", "blue", "green"))
    Image.objects.filter(name="blue.png").update(state=Image.State.HIDDEN)
    answer = client.get(address("map-points", line), {"index": f"{red},{blue},{green}"})
    told = {point["index"]: point for point in answer.json()["points"]}
    image = Image.objects.get(name="red.png")
    assert told[red] == {
        "index": red,
        "image": image.pk,
        "name": "red.png",
        "url": reverse("image", args=[image.pk]),
        "thumbnail": reverse("thumbnail", args=[image.pk]),
        "x": 0.0,
        "y": 0.0,
        "clusters": ["warm", ""],
        "gone": False,
    }
    assert (told[blue]["gone"], told[blue]["name"], told[blue]["thumbnail"]) == (True, "", "")
    assert told[green]["clusters"] == ["", ""]


@pytest.mark.parametrize(
    ("index", "status", "said"),
    [
        ("", 400, "names 0 points"),
        ("1,two", 400, "must be a whole number"),
        ("-1", 400, "must be a whole number"),
        (",".join(["0"] * 201), 400, "names 201 points; it must be 1 to 200"),
        ("0,3", 404, "There is no point 3 on this map: it has 3"),
    ],
)
def test_points_that_are_none_are_refused_in_words(
    line: Projection, client: Client, index: str, status: int, said: str
) -> None:
    answer = client.get(address("map-points", line), {"index": index})
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_an_image_is_found_on_the_map(line: Projection, public: Dataset, private: Dataset, client: Client) -> None:
    def found(name: str) -> tuple[int, dict[str, object]]:
        image = Image.objects.get(name=name)
        answer = client.get(address("map-find", line), {"image": image.pk})
        return answer.status_code, answer.json()

    assert found("green.png") == (200, {"index": index_on(line, "green.png")})
    status, problem = found("white.png")
    assert status == 404
    assert "white.png is not on this map" in str(problem["detail"])
    assert found("secret.png")[0] == 404
    Image.objects.filter(name="green.png").update(state=Image.State.HIDDEN)
    assert found("green.png")[0] == 404
    assert client.get(address("map-find", line), {"image": "x"}).status_code == 400


def test_a_map_that_went_while_its_page_was_open_is_said_to_be_gone(line: Projection, client: Client) -> None:
    shutil.rmtree(projection_folder(line.path))
    without_files = client.get(address("map-level", line, 0))
    line_address = address("map-points", line)
    line.delete()
    without_row = client.get(line_address, {"index": 0})
    for answer in (without_files, without_row):
        assert answer.status_code == 404
        assert "This map is no longer kept. Reload the page" in answer.json()["detail"]


def test_the_data_of_a_private_map_exists_for_who_sees_the_dataset(
    private: Dataset, alice: User, bob: User, client: Client
) -> None:
    projection = newest_projection(private)
    assert projection is not None
    assert client.get(address("map-level", projection, 0)).status_code == 404
    client.force_login(bob)
    assert client.get(address("map-level", projection, 0)).status_code == 404
    client.force_login(alice)
    assert client.get(address("map-level", projection, 0)).status_code == 200
