"""Lists of the admin stay quick with a million rows: bounded counts, the order of an index, few queries."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clipsite.admin import paging
from search.models import Dataset, Image
from workers.models import ImageFailure, Run
from workers.registry import DERIVE

IMAGES = "admin:search_image_changelist"
BOUNDED = (IMAGES, "admin:workers_run_changelist", "admin:workers_imagefailure_changelist")


@pytest.fixture
def admin(staff: User) -> Client:
    """In a session that is noted already: that is written down once in ten minutes, not for each page."""
    client = Client()
    client.force_login(staff)
    client.get(reverse("home"))
    return client


@pytest.fixture
def dataset(db: None) -> Dataset:
    dataset = Dataset.objects.create(name="Many", slug="many", source_path="/nowhere")
    Image.objects.bulk_create(
        Image(
            dataset=dataset,
            name=f"holiday/{number:03}.jpg",
            checksum=f"{number:064}",
            byte_size=1,
            modified_ns=1,
            width=4,
            height=3,
            state=Image.State.READY if number % 2 else Image.State.FAILED,
        )
        for number in range(120)
    )
    return dataset


def selects(captured: CaptureQueriesContext, table: str) -> list[str]:
    """Of rows, not of counts within a bound."""
    return [query["sql"] for query in captured.captured_queries if f'FROM "{table}"' in query["sql"]]


@pytest.mark.parametrize("asked", [set(), {"failed"}, {"dataset"}, {"ready", "dataset"}])
def test_the_list_of_images_is_read_in_the_order_of_an_index(admin: Client, dataset: Dataset, asked: set[str]) -> None:
    known = {"failed": ("state__exact", "failed"), "ready": ("state__exact", "ready")}
    known["dataset"] = ("dataset__id__exact", str(dataset.pk))
    filters = dict(known[name] for name in asked)
    with CaptureQueriesContext(connection) as captured:
        assert admin.get(reverse(IMAGES), filters).status_code == 200
    read = selects(captured, "search_image")
    assert len(read) == 2  # how many, up to the bound, and the rows of the page
    for sql in read:
        assert "LIMIT" in sql
        if connection.vendor == "sqlite":
            assert "TEMP B-TREE" not in explained(sql)


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return json.dumps([str(row) for row in cursor.fetchall()])


@pytest.mark.parametrize("address", BOUNDED)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    admin: Client, dataset: Dataset, address: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        run = Run.objects.create(dataset=dataset, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE)
        ImageFailure.objects.create(dataset=dataset, run=run, name=str(number), stage=DERIVE, reason="broken")
    with django_assert_max_num_queries(12):
        assert admin.get(reverse(address)).status_code == 200


def test_it_counts_no_further_than_its_bound_and_says_so(
    admin: Client, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "120 images" in admin.get(reverse(IMAGES)).content.decode()
    monkeypatch.setattr(paging, "MOST_LISTED", 100)
    content = admin.get(reverse(IMAGES)).content.decode()
    assert "The first 100; choose filters or search to find others." in content
    assert admin.get(reverse(IMAGES), {"p": 2}).status_code == 200


def test_images_are_found_by_a_part_of_their_name_or_by_their_number(admin: Client, dataset: Dataset) -> None:
    image = dataset.images.get(name="holiday/077.jpg")
    named = admin.get(reverse(IMAGES), {"q": "077.jp"}).content.decode()
    assert "holiday/077.jpg" in named
    assert "holiday/078.jpg" not in named
    Image.objects.filter(pk=image.pk).update(name="without-a-digit.jpg")
    assert "without-a-digit.jpg" in admin.get(reverse(IMAGES), {"q": str(image.pk)}).content.decode()


def test_images_of_a_deleted_dataset_are_not_listed(admin: Client, dataset: Dataset) -> None:
    Dataset.objects.update(deleted_at="2026-01-01T00:00Z")
    assert "0 images" in admin.get(reverse(IMAGES)).content.decode()


def test_the_list_of_datasets_counts_no_images(
    admin: Client, dataset: Dataset, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        Dataset.objects.create(name=f"D {number}", slug=f"d-{number}", source_path="/nowhere")
    with CaptureQueriesContext(connection) as captured:
        assert admin.get(reverse("admin:search_dataset_changelist")).status_code == 200
    assert selects(captured, "search_image") == []
    assert len(captured) < 12
