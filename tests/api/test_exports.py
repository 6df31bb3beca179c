"""Programs download exports with the scope that the same answer would need in the API."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.collections.collections import add_images, create_collection
from search.models import ApiToken, Dataset
from tests.api.conftest import MakeHeaders
from tests.web.conftest import downloaded


@pytest.mark.parametrize("scope", ApiToken.Scope.values)
def test_hits_are_exported_with_a_token_that_may_search(
    private: Dataset, alice: User, headers_of: MakeHeaders, scope: str
) -> None:
    asked = {"dataset": "secrets", "q": "navy", "format": "json"}
    response = Client().get(reverse("export-search"), asked, headers=headers_of(alice, scope))
    assert response.status_code == (200 if scope == "search" else 403)
    if scope == "search":
        found = Client().get(reverse("api-search"), asked, headers=headers_of(alice, scope)).json()["hits"]
        exported = json.loads(downloaded(response))["images"]
        assert [(row["image_id"], row["score"]) for row in exported] == [
            (hit["image_id"], hit["score"]) for hit in found
        ]


def test_a_collection_is_exported_with_a_token_that_may_read(
    private: Dataset, alice: User, bob: User, headers_of: MakeHeaders
) -> None:
    made = create_collection(alice, "Mine")
    add_images(made, private.images.all())
    address = reverse("collection-export", args=[made.pk])
    content = downloaded(Client().get(address, headers=headers_of(alice, "read"))).decode()
    assert "secret.png" in content
    assert Client().get(address, headers=headers_of(alice, "search")).status_code == 403
    assert Client().get(address, headers=headers_of(bob, "read")).status_code == 404


def test_an_export_with_a_token_that_is_none_is_refused_though_the_dataset_is_public(public: Dataset) -> None:
    asked = {"dataset": "pictures", "q": "red"}
    assert Client().get(reverse("export-search"), asked).status_code == 200
    refused = Client().get(reverse("export-search"), asked, headers={"Authorization": "Bearer clip_none"})
    assert refused.status_code == 401
