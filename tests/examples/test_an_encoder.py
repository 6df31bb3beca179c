"""The example of an encoder family: registered, it indexes a dataset and answers searches."""

from __future__ import annotations

import numpy as np
import pytest
from an_encoder import COLOURS, NAME, PaletteFamily
from django.test import Client
from PIL import Image as Pillow

from search.encoders import registry
from search.errors import UnknownEncoder
from search.models import Dataset
from tests.workers.conftest import start, work_off
from workers.models import Run


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_families", dict(registry._families))
    registry.register_family(PaletteFamily())


@pytest.mark.parametrize(("text", "first"), [("a red door", "red.png"), ("the blue sea", "blue.png")])
def test_a_dataset_is_indexed_and_searched_with_it(client: Client, pictures: Dataset, text: str, first: str) -> None:
    run = work_off(start(pictures, encoder=NAME))
    assert (run.state, run.encoder) == (Run.State.DONE, NAME)
    answer = client.get("/api/v1/search", {"dataset": "pictures", "q": text}).json()
    assert answer["encoder"] == NAME
    assert answer["total"] == 4
    assert answer["hits"][0]["name"] == first


def test_the_page_of_results_shows_its_note(client: Client, pictures: Dataset) -> None:
    work_off(start(pictures, encoder=NAME))
    assert (
        "This encoder knows colours only" in client.get("/search", {"dataset": "pictures", "q": "red"}).content.decode()
    )


def test_its_vectors_have_the_shape_and_length_that_it_describes() -> None:
    described = registry.describe(NAME)
    sizes = [(300, 200), (64, 640), (1, 1)]
    images = registry.image_tower(NAME).encode([Pillow.new("RGB", size, "orange") for size in sizes])
    texts = registry.text_tower(NAME).encode([*COLOURS, "", "a violin"])
    for vectors in (images, texts):
        assert vectors.dtype == np.float32
        assert vectors.shape[1] == described.dimension
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_name_that_means_nothing_is_refused() -> None:
    with pytest.raises(UnknownEncoder, match=f"The only one of its family is {NAME}"):
        registry.describe("palette/rgb/12")
