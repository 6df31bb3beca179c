"""A map as a file for other programs: coordinates, clusters, numbers and names."""

from __future__ import annotations

import csv
import io

import pyarrow.parquet as pq
import pytest
from django.contrib.auth.models import User
from django.test import Client

from search.models import Dataset, Image, Projection
from tests.maps.helpers import draw_line, give_clusters, index_on
from tests.web.conftest import downloaded
from tests.web.maps.test_map_data import address
from tests.web.maps.test_map_selections import LEFT, selected


@pytest.fixture
def line(public: Dataset) -> Projection:
    """Red, blue and green from left to right."""
    projection = draw_line(public, ["red.png", "blue.png", "green.png"])
    give_clusters(projection, {"red.png": 0}, ["=warm"])
    return projection


def test_csv_has_a_line_for_each_image(line: Projection, client: Client) -> None:
    answer = client.get(address("map-export", line, "csv"))
    assert f'filename="pictures-map-{line.pk}.csv"' in answer["Content-Disposition"]
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(downloaded(answer).decode("utf-8-sig")))}
    assert set(rows) == {"red.png", "blue.png", "green.png"}
    red = Image.objects.get(name="red.png")
    assert rows["red.png"] == {
        "map_index": str(index_on(line, "red.png")),
        "image_id": str(red.pk),
        "name": "red.png",
        "x": "0.0",
        "y": "0.0",
        "cluster": "'=warm",
        "cluster_within": "",
    }
    assert rows["green.png"]["x"] == "2.0"


def test_parquet_has_the_same_rows(line: Projection, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.explorer.export._ROW_GROUP", 2)
    content = downloaded(client.get(address("map-export", line, "parquet")))
    table = pq.ParquetFile(io.BytesIO(content))
    assert table.num_row_groups == 2
    rows = {row["name"]: row for row in table.read().to_pylist()}
    assert (rows["red.png"]["cluster"], rows["red.png"]["x"]) == ("=warm", 0.0)
    assert rows["green.png"]["image_id"] == Image.objects.get(name="green.png").pk
    assert table.schema_arrow.names == ["map_index", "image_id", "name", "x", "y", "cluster", "cluster_within"]


def test_a_selection_alone_can_be_exported_and_images_that_are_gone_are_left_out(
    line: Projection, client: Client
) -> None:
    token = selected(client, line, **LEFT)
    Image.objects.filter(name="red.png").update(state=Image.State.HIDDEN)
    for form in ("csv", "parquet"):
        content = downloaded(client.get(address("map-export", line, form), {"selection": token}))
        assert b"blue.png" in content
        assert b"red.png" not in content
        assert b"green.png" not in content


def test_a_map_without_images_is_an_empty_table(line: Projection, client: Client) -> None:
    Image.objects.all().delete()
    table = pq.read_table(io.BytesIO(downloaded(client.get(address("map-export", line, "parquet")))))
    assert table.num_rows == 0


def test_other_formats_and_selections_of_others_are_refused_in_words(
    line: Projection, alice: User, client: Client
) -> None:
    refused = client.get(address("map-export", line, "xls"))
    assert (refused.status_code, "one of csv, parquet" in refused.json()["detail"]) == (400, True)
    client.force_login(alice)
    token = selected(client, line, **LEFT)
    assert Client().get(address("map-export", line, "csv"), {"selection": token}).status_code == 404
