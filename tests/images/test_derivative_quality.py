"""A derivative stands for its original: to the eye within a level, to every built-in encoder within 0.01 cosine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image as Pillow

from search.encoders import registry
from search.encoders.random_weights import save_random_weights
from search.encoders.starter.family import STARTER
from search.images.derivatives import JPEG_QUALITY, SHORT_SIDE, read_picture
from search.values import Float32Array

LARGEST_ERROR = 1.0
"""Mean difference of a pixel's channels, in 8-bit levels."""

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "chelsea.png",
    "coffee.png",
    "grass.png",
    "gravel.png",
    "horse.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "motorcycle_left.png",
    "motorcycle_right.png",
    "page.png",
    "rocket.jpg",
)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The photographs that scikit-image carries, as JPEG files of 1,024 pixels and more, so that all are reduced."""
    folder = tmp_path_factory.mktemp("originals")
    paths = []
    for name in PHOTOGRAPHS:
        picture = Pillow.open(Path(skimage.__file__).parent / "data" / name).convert("RGB")
        scale = max(1.0, 1024 / max(picture.size))
        size = (round(picture.width * scale), round(picture.height * scale))
        path = folder / f"{Path(name).stem}.jpg"
        picture.resize(size, Pillow.Resampling.LANCZOS).save(path, quality=95)
        paths.append(path)
    return paths


def _mosaic(originals: list[Path], width: int, height: int) -> Pillow.Image:
    """As much fine detail as photographs can have: many of them side by side at a small size."""
    tile = 240
    page = Pillow.new("RGB", (width, height))
    for number in range((width // tile + 1) * (height // tile + 1)):
        column, row = number % (width // tile + 1), number // (width // tile + 1)
        with Pillow.open(originals[number % len(originals)]) as photograph:
            page.paste(photograph.resize((tile, tile)), (column * tile, row * tile))
    return page


@pytest.mark.parametrize("size", [(1024, 768), (1600, 1067), (2048, 1536), (3000, 2000), (4032, 3024), (1536, 6000)])
def test_decoding_at_a_reduced_scale_changes_no_pixel_by_a_level_on_average(
    size: tuple[int, int], originals: list[Path], tmp_path: Path
) -> None:
    path = tmp_path / "mosaic.jpg"
    _mosaic(originals, *size).save(path, quality=92)
    reduced = read_picture(path)[0]
    with Pillow.open(path) as opened:
        whole = opened.convert("RGB").resize(reduced.size, Pillow.Resampling.BICUBIC)
    error = np.abs(np.asarray(reduced, np.float32) - np.asarray(whole, np.float32)).mean()
    assert reduced.size != size
    assert error <= LARGEST_ERROR


@pytest.fixture(scope="module")
def clip_of_random_weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_random_weights("ViT-S-32-alt", tmp_path_factory.mktemp("weights") / "random.safetensors")


@pytest.mark.parametrize("encoder", ["starter", "clip"])
def test_the_vector_of_a_derivative_is_that_of_its_original(
    encoder: str, originals: list[Path], clip_of_random_weights: str, tmp_path: Path
) -> None:
    tower = registry.image_tower({"starter": STARTER, "clip": clip_of_random_weights}[encoder])
    derivatives = []
    for original in originals:
        derivative = tmp_path / original.name
        picture = read_picture(original)[0]
        assert min(picture.size) <= SHORT_SIDE
        picture.save(derivative, "JPEG", quality=JPEG_QUALITY)
        derivatives.append(derivative)
    whole, reduced = (tower.encode_files(paths) for paths in (originals, derivatives))
    cosines: Float32Array = np.sum(whole.vectors * reduced.vectors, axis=1)
    assert len(cosines) == len(originals)
    assert np.median(cosines) >= 0.99
