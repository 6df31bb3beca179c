"""Checkpoints with random weights: as fast as trained ones, for benchmarks and tests."""

from __future__ import annotations

from pathlib import Path


def save_random_weights(architecture: str, path: Path, seed: int = 0) -> str:
    """Writes a randomly initialised model of open_clip as .safetensors; returns the name of the encoder it makes."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    weights = open_clip.create_model(architecture, pretrained=None).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, path)
    return f"open_clip/{architecture}/{path}"
