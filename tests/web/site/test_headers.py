"""What every answer says to browsers about other sites."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from search.models import Dataset
from tests.workers.conftest import pictures, start, work_off

__all__ = ["pictures"]


@pytest.fixture
def addresses(pictures: Dataset) -> list[str]:
    """Pages, a picture of each kind, an answer of the API and what is not there."""
    work_off(start(pictures))
    image = pictures.images.get(name="red.png")
    return [
        reverse("home"),
        reverse("login"),
        reverse("image", args=[image.pk]),
        reverse("thumbnail", args=[image.pk]),
        reverse("original", args=[image.pk]),
        f"{reverse('api-search')}?dataset={pictures.slug}&q=red",
        reverse("healthz"),
        "/no-such-page",
        "/api/v1/no-such-page",
    ]


def test_other_sites_can_neither_embed_nor_open_nor_guess_what_we_send(client: Client, addresses: list[str]) -> None:
    for address in addresses:
        headers = client.get(address).headers
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", address
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["X-Frame-Options"] == "DENY", address
        assert headers["Referrer-Policy"] == "same-origin", address
        if headers["Content-Type"] == "application/problem+json":
            continue  # no browser makes a page of it, so that there is nothing for a policy to hold back
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy, address
        assert ("sandbox" in policy) == ("thumbnail" in address or "original" in address), address
