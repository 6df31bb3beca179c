"""The schema says what the API does: schemathesis asks it hundreds of things, and every answer is as described."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from clipsite.api.docs import schema
from search.accounts.tokens import Scope, create_token
from search.collections.collections import add_images, create_collection
from search.models import Dataset
from search.saved_searches.saved_searches import save_search
from search.tags.by_hand import tag_images
from workers.models import Run


@pytest.fixture
def described(transactional_db: None, private: Dataset, public: Dataset, alice: User) -> Any:
    """The schema over the real application, asked with a token that may everything."""
    tag_images(private.images.all(), "warm")
    Run.objects.create(dataset=private, kind=Run.Kind.INDEX, encoder="e")
    secret = create_token(alice, "schemathesis", Scope.values)[1]
    loaded = schemathesis.openapi.from_wsgi(reverse("api-schema"), get_wsgi_application())
    loaded.config.update(headers={"Authorization": f"Bearer {secret}"})
    collection = create_collection(alice, "Kept")
    add_images(collection, private.images.all())
    # Numbers that exist, so that more than the answer 404 is asked for; schemathesis would hardly guess them.
    numbers = {
        "path.image_id": private.images.get(name="secret.png").pk,
        "path.collection_id": collection.pk,
        "path.search_id": save_search(alice, "Kept", "q=navy&dataset=secrets").pk,
    }
    loaded.config.update(parameters=numbers)
    return loaded


def operations() -> list[str]:
    return [operation["operationId"] for methods in schema()["paths"].values() for operation in methods.values()]


@pytest.mark.parametrize("name", operations())
def test_answers_are_as_described(described: Any, name: str) -> None:
    @settings(max_examples=25, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=described.find_operation_by_id(name).as_strategy())
    def ask(case: Any) -> None:
        # No schema can say which cursors this site has signed, so a request that fits it may still be refused.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    ask()


def test_the_schema_is_served_and_names_every_operation_once(client: Client, db: None) -> None:
    served = client.get(reverse("api-schema")).json()
    assert served == schema()
    names = [operation["operationId"] for methods in served["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names)) > 10


def test_the_page_shows_every_operation_without_a_script_of_others(client: Client, db: None) -> None:
    page = client.get(reverse("api-docs"))
    content = page.content.decode()
    for methods in schema()["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in content
            assert operation["summary"] in content
    assert "https://" not in content
    assert "$ref" not in content
    assert "sign in for a token" in content.lower()


def test_problems_point_to_where_they_are_explained(public: Dataset, client: Client) -> None:
    told = client.get(reverse("api-search"), {"dataset": "pictures"}).json()
    address, _, kind = told["type"].partition("#")
    assert f'id="{kind}"' in client.get(address).content.decode()
