"""Exports hold what the person may see, with scores, versions and addresses, in forms that other programs read."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from search.exports import archive
from search.models import Collection, Dataset, Image
from tests.conftest import MakeDataset, MakeImages
from tests.library import fill, put_into
from tests.web.collections.kept import prepared
from tests.web.conftest import downloaded


@pytest.fixture
def many(make_dataset: MakeDataset, tmp_path: Path) -> Dataset:
    """2,300 images that were never files: three pages of hits."""
    dataset = make_dataset(tmp_path)
    fill(dataset, 2300, 1)
    return dataset


def exported(client: Client, **parameters: Any) -> bytes:
    response = client.get(reverse("export-search"), {"dataset": "pictures", "q": "red"} | parameters)
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment; filename=")
    return downloaded(response)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def archive_of(content: bytes) -> zipfile.ZipFile:
    opened = zipfile.ZipFile(io.BytesIO(content))
    assert opened.testzip() is None
    return opened


def test_all_hits_come_in_order_over_all_pages(many: Dataset, client: Client) -> None:
    rows = rows_of(exported(client))
    assert [int(row["rank"]) for row in rows] == list(range(1, 2301))
    assert len({row["image_id"] for row in rows}) == 2300
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    first = rows[0]
    assert (first["query"], first["dataset"], first["index_version"]) == ("red", "Pictures", "1")
    assert first["encoder"] == "fake/colours/32"
    assert first["url"] == f"http://testserver{reverse('image', args=[int(first['image_id'])])}"


def test_json_says_the_same_as_csv_and_what_was_left_out(
    many: Dataset, make_dataset: MakeDataset, client: Client
) -> None:
    make_dataset(Path(many.source_path), name="Empty")
    answer = json.loads(exported(client, dataset="*", format="json"))
    rows = rows_of(exported(client))
    assert [(one["image_id"], one["rank"]) for one in answer["images"]] == [
        (int(row["image_id"]), int(row["rank"])) for row in rows
    ]
    assert answer["query"] == "red"
    assert [notice.startswith("Empty is left out.") for notice in answer["notices"]] == [True]


def test_an_export_is_filtered_like_its_page(many: Dataset, client: Client) -> None:
    rows = rows_of(exported(client, name="winter", min_side="600"))
    assert 0 < len(rows) < 800
    assert all(row["name"].startswith("Winter/") for row in rows)


def test_an_export_ends_at_the_line_that_a_person_drew(many: Dataset, client: Client) -> None:
    rows = rows_of(exported(client))
    line = float(rows[9]["score"])
    above = rows_of(exported(client, min_relevance=f"{line:.6f}"))
    assert len(above) < len(rows)
    assert all(float(row["score"]) >= line - 1e-6 for row in above)


@pytest.mark.parametrize(
    ("parameters", "status", "sentence"),
    [
        ({"format": "xls"}, 400, "one of csv, json, zip"),
        ({"format": "zip", "files": "both"}, 400, "one of originals, derivatives"),
        ({"min_side": "many"}, 400, "must be a whole number"),
        ({"q": " "}, 400, "The query is empty"),
        ({"like": "999999999", "q": ""}, 404, "There is no image 999999999 here"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence_and_no_file(
    many: Dataset, client: Client, parameters: dict[str, str], status: int, sentence: str
) -> None:
    response = client.get(reverse("export-search"), {"dataset": "pictures", "q": "red"} | parameters)
    assert response.status_code == status
    assert sentence in response.content.decode()


def test_cells_that_look_like_formulas_are_text(make_dataset: MakeDataset, tmp_path: Path, client: Client) -> None:
    dataset = make_dataset(tmp_path, name="=1+1")
    dataset.slug = "sums"
    dataset.save()
    fill(dataset, 4, 1)
    awkward = ["=HYPERLINK(1).jpg", "+1.jpg", "-1.jpg", "@SUM(A1).jpg"]
    for image, name in zip(dataset.images.all(), awkward, strict=True):
        Image.objects.filter(pk=image.pk).update(name=name)
    rows = rows_of(exported(client, dataset="sums", q="=red"))
    assert {row["name"] for row in rows} == {f"'{name}" for name in awkward}
    assert {row["dataset"] for row in rows} == {"'=1+1"}
    assert {row["query"] for row in rows} == {"'=red"}
    assert all(-1.0 <= float(row["score"]) <= 1.0 for row in rows)


@pytest.fixture
def pair(make_images: MakeImages, make_dataset: MakeDataset, alice: User) -> tuple[Image, Image]:
    """An image of a public dataset and one of alice's private dataset, both called the same."""
    public = prepared(make_dataset(make_images("one", same="red"), name="One"))
    return public, prepared(make_dataset(make_images("two", same="blue"), "Two", alice, private=True))


def chosen(client: Client, *images: Image, **fields: str) -> bytes:
    data = {"image": [image.pk for image in images]} | fields
    return downloaded(client.post(reverse("export-images"), data))


def test_a_selection_keeps_its_order_and_leaves_hidden_images_out(pair: tuple[Image, Image], alice: User) -> None:
    public, private = pair
    assert [row["image_id"] for row in rows_of(chosen(Client(), private, public))] == [str(public.pk)]
    client = Client()
    client.force_login(alice)
    rows = rows_of(chosen(client, private, public))
    assert [(row["image_id"], row["rank"], row["score"]) for row in rows] == [
        (str(private.pk), "", ""),
        (str(public.pk), "", ""),
    ]


@pytest.mark.parametrize("images", [[], ["x"], ["-1"], ["1" * 30], [str(number) for number in range(10_001)]])
def test_a_selection_that_makes_no_sense_gets_a_sentence(client: Client, db: None, images: list[str]) -> None:
    response = client.post(reverse("export-images"), {"image": images})
    assert response.status_code == 400
    assert any(words in response.content.decode() for words in ("No image is chosen", "is no image", "10,000 at most"))


def test_an_archive_holds_the_originals_under_names_that_are_each_there_once(
    pair: tuple[Image, Image], alice: User
) -> None:
    client = Client()
    client.force_login(alice)
    opened = archive_of(chosen(client, *pair, format="zip"))
    assert opened.namelist() == ["same.png", "same (2).png"]
    for image, name in zip(pair, opened.namelist(), strict=True):
        assert opened.read(name) == Path(image.dataset.source_path, image.name).read_bytes()
        assert opened.getinfo(name).compress_type == zipfile.ZIP_STORED
    smaller = archive_of(chosen(client, *pair, format="zip", files="derivatives"))
    assert smaller.namelist() == ["same.jpg", "same (2).jpg"]
    assert smaller.read("same.jpg").startswith(b"\xff\xd8")


def test_files_that_vanished_are_named_in_the_archive(pair: tuple[Image, Image]) -> None:
    Path(pair[0].dataset.source_path, pair[0].name).unlink()
    opened = archive_of(chosen(Client(), pair[0], format="zip"))
    assert opened.namelist() == ["errors.txt"]
    assert "same.png: the original is not there any more" in opened.read("errors.txt").decode()


def test_an_original_outside_its_folder_is_never_exported(pair: tuple[Image, Image], tmp_path: Path) -> None:
    original = Path(pair[0].dataset.source_path, pair[0].name)
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    original.unlink()
    original.symlink_to(secret)
    assert archive_of(chosen(Client(), pair[0], format="zip")).namelist() == ["errors.txt"]


def test_an_archive_ends_where_it_would_become_too_long_and_says_so(
    pair: tuple[Image, Image], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 1)
    client = Client()
    client.force_login(alice)
    opened = archive_of(chosen(client, *pair, format="zip"))
    assert opened.namelist() == ["same.png", "errors.txt"]
    assert "1 images at most" in opened.read("errors.txt").decode()


def test_a_collection_is_exported_newest_first_over_many_pages(many: Dataset, alice: User) -> None:
    collection = Collection.objects.create(owner=alice, name="All of \u00e9t\u00e9")
    ids = list(many.images.order_by("pk").values_list("pk", flat=True)[:1200])
    put_into(collection, ids)
    client = Client()
    client.force_login(alice)
    response = client.get(reverse("collection-export", args=[collection.pk]))
    assert response["Content-Disposition"] == 'attachment; filename="all-of-ete.csv"'
    assert [int(row["image_id"]) for row in rows_of(downloaded(response))] == ids[::-1]


def test_the_console_writes_the_same_files(many: Dataset, tmp_path: Path, client: Client) -> None:
    out = tmp_path / "out" / "hits.csv"
    call_command("export", "pictures", "red", "--name", "winter", "--out", str(out))
    found = [row["image_id"] for row in rows_of(out.read_bytes())]
    assert found == [row["image_id"] for row in rows_of(exported(client, name="winter"))]
    call_command("export", "pictures", "red", "--out", str(out), "--format", "json")
    assert len(json.loads(out.read_text())["images"]) == 2300
    archived = tmp_path / "hits.zip"
    call_command("export", "pictures", "red", "--tag", "none", "--out", str(archived))
    assert archive_of(archived.read_bytes()).namelist() == []
    for arguments, sentence in (
        (["none", "red", "--out", str(out)], "There is no dataset 'none' here"),
        (["pictures", "red", "--out", str(tmp_path / "hits.doc")], "Say with --format"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("export", *arguments)
