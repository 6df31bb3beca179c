"""What open_clip knows - architectures and their pretrained weights - read from its files without importing torch."""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Architecture:
    """The parts of an architecture's configuration that do not need the model itself."""

    name: str
    dimension: int
    input_size: int


@dataclass(frozen=True, slots=True)
class PretrainedWeights:
    """One published set of weights: its hub address `owner/repository/[file]`, else its `url`."""

    hub_address: str
    url: str
    quick_gelu: bool

    @property
    def hub_file(self) -> tuple[str, str | None]:
        """Repository and file; no file means that the repository keeps open_clip's own file names."""
        repository, _, file = self.hub_address.rpartition("/")
        return repository, file or None


def architectures() -> tuple[str, ...]:
    """Names of all built-in architectures."""
    return tuple(sorted(path.stem for path in _config_folder().glob("*.json")))


def architecture(name: str) -> Architecture | None:
    """Built in, or added to the running open_clip by `add_model_config`."""
    config = _config(name)
    if config is None:
        return None
    size = config["vision_cfg"].get("image_size", 224)
    return Architecture(name, int(config["embed_dim"]), min(size) if isinstance(size, list) else int(size))


def pretrained(architecture_name: str) -> Mapping[str, PretrainedWeights]:
    """The architecture's published weights by tag."""
    return _tables().get(architecture_name, MappingProxyType({}))


def _config(name: str) -> dict[str, dict[str, object]] | None: ...


def _config_folder() -> Path:
    return _package_folder() / "model_configs"


def _package_folder() -> Path:
    spec = importlib.util.find_spec("open_clip")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("open_clip is not installed")
    return Path(spec.origin).parent
