"""What is known of an image, on its page and in the lightbox: the same for all but who may manage the dataset."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from PIL import ExifTags
from PIL import Image as Pillow

from search.models import Dataset, Image
from tests.conftest import MakeDataset
from tests.indexed import index
from tests.library import tag


@pytest.fixture
def photographed(tmp_path: Path, make_dataset: MakeDataset, alice: User) -> Dataset:
    folder = tmp_path / "shots"
    folder.mkdir()
    exif = Pillow.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Canon", "Canon EOS 5D"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber] = 2.8
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitude], place[ExifTags.GPS.GPSLatitudeRef] = (47.0, 30.0, 0.0), "N"
    place[ExifTags.GPS.GPSLongitude], place[ExifTags.GPS.GPSLongitudeRef] = (8.0, 45.0, 0.0), "E"
    for colour in ("red", "blue", "lime"):
        Pillow.new("RGB", (600, 400), colour).save(folder / f"{colour}.jpg", exif=exif)
    return index(make_dataset(folder, name="Shots", owner=alice))


def panels(client: Client, image: Image) -> list[str]:
    """The page of an image and its panel."""
    addresses = (reverse("image", args=[image.pk]), reverse("image-panel", args=[image.pk]))
    return [" ".join(client.get(address).content.decode().split()) for address in addresses]


def test_it_shows_what_the_camera_wrote_the_tags_and_the_place_on_the_map(
    photographed: Dataset, client: Client
) -> None:
    image = photographed.images.get(name="red.jpg")
    tag(photographed, "warm & bright", [image.pk])
    for content in panels(client, image):
        for words in (
            "Canon EOS 5D",
            "f/2.8",
            "warm &amp; bright",
            "600 &times; 400 px",
            f"{reverse('explorer', args=['shots'])}?image={image.pk}",
        ):
            assert words in content
        assert "tag=warm%20%26%20bright" in content
        assert "blue.jpg" in content  # similar


def test_its_page_leads_back_to_the_question_with_the_image_added_or_taken_away(
    photographed: Dataset, client: Client
) -> None:
    image = photographed.images.get(name="red.jpg")

    def links(came_from: str) -> list[str]:
        page = client.get(reverse("image", args=[image.pk]), headers={"Referer": came_from}).content.decode()
        return [html.unescape(link) for link in re.findall(r'data-refine="." href="([^"]+)"', page)]

    asked = f"http://testserver{reverse('search')}?dataset=*&q=a+cat&cursor=c&image=7&orientation=landscape"
    more, less = links(asked)
    assert more == f"/search?dataset=%2A&orientation=landscape&q=a+cat+%2B+image%3A{image.pk}"
    assert less == f"/search?dataset=%2A&orientation=landscape&q=a+cat+-+image%3A{image.pk}"
    assert client.get(more).status_code == 200
    more, less = links(f"http://testserver{reverse('search')}?like=12")
    assert more == f"/search?dataset=shots&q=image%3A12+%2B+image%3A{image.pk}"
    for elsewhere in ("", "http://testserver/", "http://elsewhere.test/search?q=a+cat", "http://testserver/search"):
        assert links(elsewhere) == []


def test_where_it_was_taken_and_its_path_are_for_who_manages_the_dataset(
    photographed: Dataset, client: Client, alice: User, bob: User
) -> None:
    image = photographed.images.get(name="red.jpg")
    for person, sees in ((None, False), (bob, False), (alice, True)):
        if person:
            client.force_login(person)
        for content in panels(client, image):
            assert ("geo:47.5,8.75" in content) is sees
            assert (photographed.source_path in content) is sees


def test_a_panel_of_a_hidden_image_does_not_exist(private: Dataset, client: Client, bob: User, alice: User) -> None:
    address = reverse("image-panel", args=[private.images.all()[0].pk])
    assert client.get(address).status_code == 404
    client.force_login(bob)
    assert client.get(address).status_code == 404
    client.force_login(alice)
    assert client.get(address).status_code == 200


def test_it_is_a_part_of_a_page_and_names_the_pictures_to_show(photographed: Dataset, client: Client) -> None:
    image = photographed.images.get(name="red.jpg")
    content = client.get(reverse("image-panel", args=[image.pk])).content.decode()
    assert "<html" not in content
    assert f'data-picture="{reverse("original", args=[image.pk])}"' in content
    assert f'data-small="{reverse("thumbnail", args=[image.pk])}"' in content
    Image.objects.filter(pk=image.pk).update(format="TIFF")
    content = client.get(reverse("image-panel", args=[image.pk])).content.decode()
    assert f'data-picture="{reverse("thumbnail", args=[image.pk])}"' in content


def test_a_link_out_of_the_folder_is_not_read(photographed: Dataset, client: Client, tmp_path: Path) -> None:
    outside = tmp_path / "outside.jpg"
    (Path(photographed.source_path) / "red.jpg").rename(outside)
    (Path(photographed.source_path) / "red.jpg").symlink_to(outside)
    for content in panels(client, photographed.images.get(name="red.jpg")):
        assert "Canon" not in content
