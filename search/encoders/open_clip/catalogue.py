"""What open_clip knows - architectures and their published weights - read from its files without importing torch."""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Architecture:
    """The properties of an architecture that are needed before its model is built.

    `float32_image` and `float32_text` tell of towers in which open_clip cannot mix bfloat16 weights with float32
    norms: both of CoCa's, and text towers borrowed from the library `transformers`.
    """

    name: str
    dimension: int
    input_size: int
    float32_image: bool
    float32_text: bool


@dataclass(frozen=True, slots=True)
class PublishedWeights:
    """The place of a set of published weights: on the model hub, `owner/repository/[file]`, or else at a URL."""

    hub_address: str
    url: str
    quick_gelu: bool


def architecture(name: str) -> Architecture | None:
    """Return an architecture that is built in, or added to the running open_clip by its `add_model_config`."""
    config = _config(name)
    if config is None:
        return None
    size = config["vision_cfg"].get("image_size", 224)
    side = max(size) if isinstance(size, list) else int(size)
    is_coca = "multimodal_cfg" in config
    has_borrowed_text = "hf_model_name" in config["text_cfg"]
    return Architecture(name, int(config["embed_dim"]), side, is_coca, is_coca or has_borrowed_text)


def architecture_names() -> list[str]:
    """Return the names of all built-in architectures."""
    return list(_built_in())


def published_weights(architecture_name: str) -> dict[str, PublishedWeights]:
    """The architecture's published weights by tag; empty for an architecture without any."""
    return _tables().get(architecture_name, {})


def _config(name: str) -> dict[str, Any] | None:
    if name in _built_in():
        return _built_in_config(name)
    open_clip = sys.modules.get("open_clip")
    config: dict[str, Any] | None = open_clip.get_model_config(name) if open_clip and ":" not in name else None
    return config


# Both are asked at every search, by whoever wants to know what an encoder is.
@cache
def _built_in() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (_package_folder() / "model_configs").glob("*.json")))


@cache
def _built_in_config(name: str) -> dict[str, Any]:
    path = _package_folder() / "model_configs" / f"{name}.json"
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return config


@cache
def _package_folder() -> Path:
    spec = importlib.util.find_spec("open_clip")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("The package open-clip-torch is not installed.")
    return Path(spec.origin).parent


@cache
def _tables() -> dict[str, dict[str, PublishedWeights]]:
    """The tables of open_clip's `pretrained.py`, which are literals; a test compares them with what it imports to."""
    tree = ast.parse((_package_folder() / "pretrained.py").read_text(encoding="utf-8"))
    assignments = {
        statement.targets[0].id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    tables = dict(_read_tables(assignments))
    quick = {
        f"{name}-quickgelu": {tag: weights for tag, weights in table.items() if weights.quick_gelu}
        for name, table in tables.items()
    }
    return tables | {name: table for name, table in quick.items() if table}


def _read_tables(assignments: dict[str, ast.expr]) -> Iterator[tuple[str, dict[str, PublishedWeights]]]:
    whole = assignments["_PRETRAINED"]
    if not isinstance(whole, ast.Dict):
        raise TypeError("open_clip's table of published weights is no longer a literal.")
    for key, value in zip(whole.keys, whole.values, strict=True):
        table = assignments[value.id] if isinstance(value, ast.Name) else value
        yield _constant(key), {tag: _weights(call) for tag, call in _keywords(table).items()}


def _weights(call: ast.expr) -> PublishedWeights:
    fields = {name: _constant(value) for name, value in _keywords(call).items() if isinstance(value, ast.Constant)}
    return PublishedWeights(fields.get("hf_hub", ""), fields.get("url", ""), fields.get("quick_gelu", False))


def _keywords(call: ast.expr) -> dict[str, ast.expr]:
    if not isinstance(call, ast.Call):
        raise TypeError("open_clip's table of published weights is no longer made of calls with keywords.")
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}


def _constant(node: ast.expr | None) -> Any:
    return node.value if isinstance(node, ast.Constant) else None
