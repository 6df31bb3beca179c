"""Photographs that scikit-image carries, small open_clip checkpoints, and a model hub's empty cache."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import skimage
from huggingface_hub import constants
from PIL import Image

from search.encoders import default, registry
from search.encoders.base import TextTower
from search.encoders.image_tower import ImageTower
from search.encoders.starter.family import STARTER

SMALL_IMAGE_TOWER = {"image_size": 224, "layers": 1, "width": 64, "patch_size": 32}
"""For models of open_clip of which only texts are encoded."""

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "grass.png",
    "gravel.png",
    "horse.png",
    "hubble_deep_field.jpg",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "rocket.jpg",
)

MakeCheckpoint = Callable[..., Path]


@pytest.fixture(scope="session")
def photographs() -> dict[str, Image.Image]:
    folder = Path(skimage.__file__).parent / "data"
    return {Path(name).stem: Image.open(folder / name).convert("RGB") for name in PHOTOGRAPHS}


@pytest.fixture(scope="session")
def starter_image_tower() -> ImageTower:
    return registry.image_tower(STARTER)


@pytest.fixture(scope="session")
def starter_text_tower() -> TextTower:
    return registry.text_tower(STARTER)


@pytest.fixture
def fresh_choice() -> Iterator[None]:
    default.reset_choice()
    yield
    default.reset_choice()


@pytest.fixture
def empty_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub client asks no cache but this one; it may ask the network, where a test gives it an address."""
    folder = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return folder


@pytest.fixture(scope="session")
def small_architectures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two architectures that open_clip knows only in this process, alike but for their width."""
    import open_clip

    folder = tmp_path_factory.mktemp("architectures")
    names = {"small-64": 64, "small-96": 96}
    for name, width in names.items():
        config = {
            "embed_dim": 48,
            "vision_cfg": {"image_size": 64, "layers": 3, "width": width, "head_width": 32, "patch_size": 16},
            "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": width, "heads": width // 32, "layers": 3},
        }
        (folder / f"{name}.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)
    return list(names)


@pytest.fixture
def make_checkpoint(tmp_path: Path, small_architectures: list[str]) -> MakeCheckpoint:
    """Writes a randomly initialised `small-64`: `make_checkpoint("model.pt")`."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    def make(file_name: str = "model.safetensors") -> Path:
        torch.manual_seed(7)
        weights = open_clip.create_model("small-64").state_dict()
        path = tmp_path / file_name
        if path.suffix == ".safetensors":
            save_file(weights, path)
        else:
            torch.save({"state_dict": weights}, path)
        return path

    return make
