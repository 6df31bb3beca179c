"""The open_clip family over checkpoints that the tests write: names, towers, precision, and refusals."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import constants
from PIL import Image

from search.encoders import registry
from search.encoders.base import Precision
from search.encoders.open_clip.family import OpenClipFamily
from search.encoders.open_clip.names import parse_name
from search.errors import EncoderUnavailable, UnknownEncoder
from search.values import Float32Array
from tests.encoders.conftest import MakeCheckpoint

TEXTS = ["a cat", "", "a photograph of a red bicycle that leans on a wall", "word " * 200]


def _name(checkpoint: Path, architecture: str = "small-64") -> str:
    return f"open_clip/{architecture}/{checkpoint}"


def _refusal(name: str, load: Callable[[str], object] | None = None) -> str:
    """What the person reads when the tower cannot be loaded; always one short line."""
    with pytest.raises(EncoderUnavailable) as refused:
        (load or registry.image_tower)(name)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert len(sentence) < 500
    return sentence


def _parts(tower: object) -> set[str]:
    return {name.partition(".")[0] for name, _ in vars(tower)["_model"].named_parameters()}


@pytest.mark.parametrize("file_name", ["model.safetensors", "model.pt"])
def test_both_towers_give_unit_vectors_of_the_described_dimension(
    file_name: str, make_checkpoint: MakeCheckpoint, photographs: dict[str, Image.Image]
) -> None:
    name = _name(make_checkpoint(file_name))
    description = registry.describe(name)
    assert (description.name, description.dimension, description.input_size) == (name, 48, 64)
    assert description.title == f"small-64 ({file_name})"
    images = list(photographs.values())
    for vectors, count in (
        (registry.image_tower(name).encode(images), len(images)),
        (registry.text_tower(name).encode(TEXTS), len(TEXTS)),
        (registry.image_tower(name).encode([]), 0),
        (registry.text_tower(name).encode([]), 0),
    ):
        assert vectors.shape == (count, 48)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_the_same_checkpoint_loaded_twice_gives_equal_vectors(
    make_checkpoint: MakeCheckpoint, photographs: dict[str, Image.Image]
) -> None:
    name, images = _name(make_checkpoint()), list(photographs.values())
    first = registry.image_tower(name).encode(images)
    registry.reset_towers()
    assert np.array_equal(first, registry.image_tower(name).encode(images))


def test_vectors_stay_within_a_thousandth_of_open_clip_in_float32(
    make_checkpoint: MakeCheckpoint, photographs: dict[str, Image.Image]
) -> None:
    import open_clip
    import torch

    checkpoint, images = make_checkpoint(), list(photographs.values())
    model, _, transform = open_clip.create_model_and_transforms("small-64", pretrained=str(checkpoint))
    model.eval()
    with torch.inference_mode():
        pictures = model.encode_image(torch.stack([transform(image) for image in images]), normalize=True)
        texts = model.encode_text(open_clip.get_tokenizer("small-64")(TEXTS), normalize=True)

    def cosines(ours: Float32Array, theirs: Any) -> Float32Array:
        product: Float32Array = (ours * theirs.numpy()).sum(axis=1)
        return product

    name = _name(checkpoint)
    assert cosines(registry.image_tower(name).encode(images), pictures).min() > 0.999
    assert cosines(registry.text_tower(name).encode(TEXTS), texts).min() > 0.999


def test_a_tower_does_not_hold_the_weights_of_the_other(make_checkpoint: MakeCheckpoint) -> None:
    name = _name(make_checkpoint())
    assert _parts(OpenClipFamily().load_image_tower(name, Precision.FLOAT32)) == {"visual", "logit_scale"}
    assert "visual" not in _parts(OpenClipFamily().load_text_tower(name))


def test_a_checkpoint_may_be_named_relative_to_the_working_folder(
    make_checkpoint: MakeCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = make_checkpoint()
    monkeypatch.chdir(checkpoint.parent.parent)
    name = f"open_clip/small-64/{checkpoint.parent.name}/{checkpoint.name}"
    assert OpenClipFamily().load_text_tower(name).encode(["a cat"]).shape == (1, 48)


def test_a_missing_checkpoint_is_named_with_its_whole_path(small_architectures: list[str], tmp_path: Path) -> None:
    missing = tmp_path / "not-there.safetensors"
    for load in (registry.image_tower, registry.text_tower):
        assert str(missing) in _refusal(_name(missing), load)


def test_a_checkpoint_of_another_architecture_is_refused(make_checkpoint: MakeCheckpoint) -> None:
    checkpoint = make_checkpoint()
    for load in (registry.image_tower, registry.text_tower):
        assert "belong to another architecture" in _refusal(_name(checkpoint, "small-96"), load)


class _Trap:
    """Unpickled without care, it creates a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Callable[..., None], tuple[Path]]:
        return Path.touch, (self.file,)


@pytest.mark.parametrize("written_by", ["pickle", "torch"])
@pytest.mark.parametrize("suffix", [".pt", ".bin"])
def test_a_checkpoint_that_would_run_code_is_refused_and_runs_none(
    written_by: str, suffix: str, small_architectures: list[str], tmp_path: Path
) -> None:
    import torch

    created, checkpoint = tmp_path / "created", tmp_path / f"trap{suffix}"
    if written_by == "torch":
        torch.save({"state_dict": {}, "epoch": _Trap(created)}, checkpoint)
    else:
        checkpoint.write_bytes(pickle.dumps({"state_dict": _Trap(created)}))
    assert "could run code" in _refusal(_name(checkpoint))
    assert not created.exists()
    with suppress(RuntimeError):
        torch.load(checkpoint, weights_only=False)
    assert created.exists(), "the trap must be one that works"


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", bytes(1000)], ids=["empty", "page", "zeros"])
@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_file_that_is_no_checkpoint_is_refused(
    suffix: str, content: bytes, small_architectures: list[str], tmp_path: Path
) -> None:
    checkpoint = tmp_path / f"broken{suffix}"
    checkpoint.write_bytes(content)
    assert "damaged" in _refusal(_name(checkpoint))


@pytest.mark.parametrize("saved", [{}, [1, 2], {"state_dict": {"logit_scale": 3}}], ids=["empty", "list", "numbers"])
def test_a_checkpoint_without_weights_is_refused(saved: object, small_architectures: list[str], tmp_path: Path) -> None:
    import torch

    torch.save(saved, tmp_path / "other.pt")
    assert "another architecture" in _refusal(_name(tmp_path / "other.pt"))


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("open_clip/ViT-B-32", "open_clip/<architecture>/<tag or checkpoint path>"),
        ("open_clip//openai", "open_clip/<architecture>/<tag or checkpoint path>"),
        ("open_clip/ViT-B-33/openai", "the nearest are ViT-B-32"),
        ("open_clip/hf-hub:somebody/model.pt", "has no architecture"),
        ("open_clip/ViT-B-32/laion2b_s34b", "laion2b_s34b_b79k"),
        ("open_clip/ViT-L-14/laion2b_s34b_b79k", "ViT-L-14 has no weights called"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_what_could(name: str, way_out: str) -> None:
    with pytest.raises(UnknownEncoder) as refused:
        registry.describe(name)
    assert way_out in str(refused.value)


def test_published_weights_that_cannot_be_fetched_are_refused_with_the_way_out(
    empty_hub_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    sentence = _refusal("open_clip/ViT-B-32/laion2b_s34b_b79k")
    assert "open_clip/ViT-B-32/<path>" in sentence


def test_a_checkpoint_of_ones_own_is_fed_pictures_as_its_architecture_expects() -> None:
    from search.encoders.open_clip.towers import preprocessing

    siglip = preprocessing(parse_name("open_clip/ViT-B-16-SigLIP/own.safetensors"))
    assert siglip["mean"] == (0.5, 0.5, 0.5)
    assert siglip["resize_mode"] == "squash"
    assert preprocessing(parse_name("open_clip/ViT-B-16-SigLIP/webli")) == siglip
    assert preprocessing(parse_name("open_clip/ViT-B-32/own.pt"))["resize_mode"] == "shortest"
