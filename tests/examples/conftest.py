"""A dataset of four pictures for the examples of CONTRIBUTING.md."""

from __future__ import annotations

import pytest

from search.models import Dataset
from tests.conftest import MakeDataset, MakeImages


@pytest.fixture
def pictures(transactional_db: None, make_images: MakeImages, make_dataset: MakeDataset, drawn_here: None) -> Dataset:
    return make_dataset(make_images(red="red", blue="blue", black="black", white="white"))
