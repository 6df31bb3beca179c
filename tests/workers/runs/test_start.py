"""What is refused before a run starts."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from search.errors import ServiceUnavailable
from search.models import Dataset
from tests.environment import free_port
from tests.workers.conftest import start
from workers.models import Run


def test_it_says_that_valkey_does_not_answer_and_starts_nothing(pictures: Dataset, settings: Settings) -> None:
    port = free_port()
    address = f"redis://:secret@127.0.0.1:{port}/0"
    settings.REDIS_URL = address
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": address}}
    with pytest.raises(ServiceUnavailable, match=f"Valkey at 127.0.0.1:{port}/0 does not answer") as refused:
        start(pictures)
    assert "secret" not in str(refused.value)
    assert not Run.objects.exists()
