"""The world of the walk."""

from __future__ import annotations

import pytest

from tests.indexed import IndexedDatasets
from tests.permissions.world import World, make_world


@pytest.fixture
def world(indexed_datasets: IndexedDatasets) -> World:
    return make_world(indexed_datasets)
