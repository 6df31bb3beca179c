"""What the walk (tests/permissions) does not ask of the API: that a browser needs its token to change something."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import Dataset
from workers.models import Run


def test_a_browser_needs_the_csrf_token_to_change_something(private: Dataset, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    run = Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e")
    address = reverse("api-run-pause", args=[run.pk])
    refused = client.post(address)
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert "X-CSRFToken" in refused.json()["detail"]
    client.get(reverse("tokens"))
    allowed = client.post(address, headers={"X-CSRFToken": client.cookies["csrftoken"].value})
    assert (allowed.status_code, allowed.json()["is_paused"]) == (200, True)
