"""What is measured once on a machine: never a precision that changes the vectors, and not again without need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from search.encoders import tuning
from search.encoders.base import PixelTower, Precision
from search.encoders.image_tower import ImageTower
from search.encoders.open_clip.family import OpenClipFamily
from search.encoders.registry import image_tower, reset_towers
from search.encoders.starter.family import STARTER, StarterFamily
from search.errors import EncoderUnavailable
from search.values import Float32Array
from tests.encoders.conftest import MakeCheckpoint
from tests.fake_encoder import FakeFamily, FakeImageTower

if TYPE_CHECKING:
    import torch

NAME = "fake/colours/32"


class InexactTower(FakeImageTower):
    """SharedLock every vector by an angle of the given cosine."""

    def __init__(self, cosine: float) -> None:
        self._cosine = cosine

    def encode(self, squares: torch.Tensor) -> Float32Array:
        vectors = super().encode(squares)
        sideways = np.roll(vectors, 1, axis=1)
        sideways -= np.sum(sideways * vectors, axis=1, keepdims=True) * vectors
        sideways /= np.linalg.norm(sideways, axis=1, keepdims=True)
        turned: Float32Array = self._cosine * vectors + np.sqrt(1 - self._cosine**2) * sideways
        return turned.astype(np.float32)


class InexactFamily(FakeFamily):
    """Its bfloat16 keeps the given cosine to its float32; counts its loads."""

    def __init__(self, cosine: float) -> None:
        self.cosine = cosine
        self.loads: list[Precision] = []

    def precisions(self, name: str, device: str) -> tuple[Precision, ...]:
        return (Precision.BFLOAT16,)

    def load_image_tower(self, name: str, precision: Precision) -> FakeImageTower:
        self.loads.append(precision)
        return FakeImageTower() if precision is Precision.FLOAT32 else InexactTower(self.cosine)


@pytest.mark.parametrize(("cosine", "chosen"), [(0.9995, Precision.BFLOAT16), (0.998, Precision.FLOAT32)])
def test_a_precision_that_changes_the_vectors_is_not_used(cosine: float, chosen: Precision, tmp_path: Path) -> None:
    family = InexactFamily(cosine)
    tuning.load_tuned_tower(family, NAME, tmp_path).close()
    stored = tuning.read_tuning(NAME, tmp_path)
    assert stored is not None
    assert stored.precision is chosen
    assert stored.agreement == pytest.approx(cosine if chosen is Precision.BFLOAT16 else 1.0, abs=1e-5)
    assert stored.images_per_s > 0


def test_a_tower_that_makes_no_numbers_is_refused(tmp_path: Path) -> None:
    class BrokenFamily(FakeFamily):
        def load_image_tower(self, name: str, precision: Precision) -> FakeImageTower:
            return InexactTower(float("nan"))

    with pytest.raises(EncoderUnavailable, match="its weights are damaged"):
        tuning.load_tuned_tower(BrokenFamily(), NAME, tmp_path)
    assert tuning.read_tuning(NAME, tmp_path) is None


def test_a_second_process_loads_once_what_the_first_measured(tmp_path: Path) -> None:
    family = InexactFamily(0.9999)
    tuning.load_tuned_tower(family, NAME, tmp_path).close()
    measured = tuning.read_tuning(NAME, tmp_path)
    family.loads.clear()
    tower = tuning.load_tuned_tower(family, NAME, tmp_path)
    assert family.loads == [Precision.BFLOAT16]
    assert measured is not None
    assert tower.chunk == measured.chunk


def test_a_damaged_record_is_measured_anew(tmp_path: Path) -> None:
    tuning.load_tuned_tower(FakeFamily(), NAME, tmp_path).close()
    (record,) = tmp_path.glob("*.json")
    record.write_text("{")
    tuning.load_tuned_tower(FakeFamily(), NAME, tmp_path).close()
    assert tuning.read_tuning(NAME, tmp_path) is not None


def test_another_checkpoint_under_the_same_name_is_measured_anew(
    make_checkpoint: MakeCheckpoint, tmp_path: Path
) -> None:
    name = f"open_clip/small-64/{make_checkpoint()}"
    tuning.load_tuned_tower(OpenClipFamily(), name, tmp_path).close()
    assert tuning.read_tuning(name, tmp_path) is not None
    make_checkpoint()
    assert tuning.read_tuning(name, tmp_path) is None


def _cosines(name: str, photographs: dict[str, Image.Image], exact: PixelTower) -> Float32Array:
    images = list(photographs.values())
    tower = image_tower(name)
    dimension = tower.encode(images[:1]).shape[1]
    expected = ImageTower(exact, dimension, 1, "cpu").encode(images)
    cosines: Float32Array = np.sum(tower.encode(images) * expected, axis=1)
    return cosines


def test_the_tuned_starter_keeps_its_float32_vectors(photographs: dict[str, Image.Image]) -> None:
    assert _cosines(STARTER, photographs, StarterFamily().load_image_tower(STARTER, Precision.FLOAT32)).min() >= 0.999


def test_a_tuned_open_clip_tower_keeps_its_float32_vectors(
    make_checkpoint: MakeCheckpoint, photographs: dict[str, Image.Image]
) -> None:
    reset_towers()
    name = f"open_clip/small-64/{make_checkpoint()}"
    assert _cosines(name, photographs, OpenClipFamily().load_image_tower(name, Precision.FLOAT32)).min() >= 0.999
