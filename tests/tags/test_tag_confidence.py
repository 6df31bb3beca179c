"""What a tag must score is its own, words common in a dataset stay findable, and real photos get real tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image as Pillow

from search.encoders import registry
from search.encoders.starter.family import STARTER
from search.tags.confidence import Scales, background_words, calibrate
from search.values import Float32Array

IMAGES, WORDS = 400, 40


def scores(seed: int, words: int = WORDS) -> Float32Array:
    """Of images that show nothing of the words: each word has a level and a spread of its own."""
    own, noise = np.random.default_rng(words), np.random.default_rng(seed)
    levels, spreads = own.uniform(0.15, 0.25, words), own.uniform(0.02, 0.06, words)
    found: Float32Array = noise.normal(levels, spreads, (IMAGES, words)).astype(np.float32)
    return found


@pytest.fixture
def scales() -> Scales:
    return calibrate(scores(1), scores(2, 60))


def test_noise_makes_no_tags(scales: Scales) -> None:
    assert (scales.confidences(scores(3)) > 0.6).mean() < 0.001


def test_confidence_grows_with_the_score_and_stays_between_0_and_1(scales: Scales) -> None:
    rising = np.linspace(-1, 1, 50, dtype=np.float32)[:, None].repeat(WORDS, axis=1)
    sure = scales.confidences(rising)
    assert (np.diff(sure, axis=0) >= 0).all()
    assert sure.min() >= 0
    assert sure.max() <= 1


@pytest.mark.parametrize("confidence", [0.3, 0.6, 0.99])
def test_the_threshold_of_a_tag_is_where_it_has_that_confidence(scales: Scales, confidence: float) -> None:
    at = scales.confidences(scales.thresholds(confidence)[None, :])
    np.testing.assert_allclose(at, confidence, atol=1e-3)
    assert scales.thresholds(confidence).std() > 0.02


def test_a_word_that_most_images_show_is_not_taken_for_high_by_nature() -> None:
    usual = scores(1)
    usual[: IMAGES * 3 // 4, 0] += 0.5
    scales = calibrate(usual, scores(2, 60))
    sure = scales.confidences(usual)[:, 0]
    assert (sure[: IMAGES * 3 // 4] > 0.6).mean() > 0.9
    assert (sure[IMAGES * 3 // 4 :] > 0.6).mean() < 0.1


def test_scales_survive_being_stored(scales: Scales) -> None:
    again = Scales.from_json(scales.as_json())
    np.testing.assert_array_equal(again.centres, scales.centres)
    np.testing.assert_array_equal(again.spreads, scales.spreads)


def test_a_single_image_is_no_error() -> None:
    sure = calibrate(scores(1)[:1], scores(2, 60)[:1]).confidences(scores(1)[:1])
    assert np.isfinite(sure).all()


def test_real_photographs_get_the_words_that_they_show(tmp_path: Path) -> None:
    folder = Path(skimage.__file__).parent / "data"
    shown = {"chelsea.png": "cat", "motorcycle_left.png": "motorcycle"}
    others = [
        "rocket.jpg",
        "astronaut.png",
        "retina.jpg",
        "hubble_deep_field.jpg",
        "coins.png",
        "grass.png",
        "brick.png",
        "page.png",
    ]
    for name in (*shown, *others):
        Pillow.open(folder / name).convert("RGB").save(tmp_path / f"{name}.jpg")  # as derivatives are
    encoded = registry.image_tower(STARTER).encode_files([tmp_path / f"{name}.jpg" for name in (*shown, *others)])
    assert not encoded.unreadable
    words = [*shown.values(), "zebra", "trumpet", "pizza", "shark"]
    tower = registry.text_tower(STARTER)
    vectors = [tower.encode([f"a photo of a {word}" for word in texts]) for texts in (words, background_words())]
    found = encoded.vectors @ vectors[0].T
    sure = calibrate(found, encoded.vectors @ vectors[1].T).confidences(found)
    assert [sure[row, row] > 0.6 for row in range(len(shown))] == [True] * len(shown)
    assert not (sure[:, len(shown) :] > 0.6).any()
