"""Pictures that a proxy sends in the site's place: only after the site has looked who asks."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from search.files.paths import derivative_path
from search.models import Dataset
from tests.workers.conftest import pictures, start, work_off

__all__ = ["pictures"]


@pytest.fixture
def indexed(pictures: Dataset, settings: Settings) -> Dataset:
    settings.ACCEL = True
    settings.IMAGE_ROOTS = [Path(pictures.source_path)]
    work_off(start(pictures))
    return pictures


def test_the_proxy_is_told_which_file_to_send_under_which_type(client: Client, indexed: Dataset) -> None:
    image = indexed.images.get(name="red.png")
    thumbnail = client.get(reverse("thumbnail", args=[image.pk]))
    expected = derivative_path(indexed.pk, image.checksum)
    assert unquote(thumbnail["X-Accel-Redirect"]) == f"/accel{expected}"
    assert (thumbnail.content, thumbnail["Content-Type"]) == (b"", "image/jpeg")
    original = client.get(reverse("original", args=[image.pk]))
    assert unquote(original["X-Accel-Redirect"]) == f"/accel{Path(indexed.source_path, image.name).resolve()}"
    assert original["Content-Type"] == "image/png"
    assert "sandbox" in original["Content-Security-Policy"]


def test_the_proxy_is_told_nothing_where_the_visitor_may_not_look(
    client: Client, indexed: Dataset, alice: User, bob: User
) -> None:
    Dataset.objects.filter(pk=indexed.pk).update(visibility=Dataset.Visibility.PRIVATE, owner=alice)
    client.force_login(bob)
    image = indexed.images.get(name="red.png")
    for name in ("thumbnail", "original"):
        answer = client.get(reverse(name, args=[image.pk]))
        assert answer.status_code == 404
        assert "X-Accel-Redirect" not in answer


def test_the_site_sends_itself_what_lies_elsewhere(client: Client, indexed: Dataset, settings: Settings) -> None:
    settings.IMAGE_ROOTS = []
    image = indexed.images.get(name="red.png")
    answer = client.get(reverse("original", args=[image.pk]))
    assert "X-Accel-Redirect" not in answer
    assert int(answer["Content-Length"]) == Path(indexed.source_path, image.name).stat().st_size


def test_without_the_setting_no_proxy_is_told_anything(client: Client, indexed: Dataset, settings: Settings) -> None:
    settings.ACCEL = False
    answer = client.get(reverse("thumbnail", args=[indexed.images.get(name="red.png").pk]))
    assert "X-Accel-Redirect" not in answer
    assert answer.content.startswith(b"\xff\xd8")
