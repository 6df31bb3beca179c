"""Pictures of one thing on a plain ground: shown whole, where the middle of a scene is enough of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_NEAR = 24
"""Levels of 255 by which a channel may differ from the ground's."""

_PLAIN = 0.8
"""Share of the outermost pixels that have the ground's colour."""

_FILLED = 1 / 1.15
"""Of the side of the square. Classifiers have learnt from things that do not reach to the edges."""


def plain_frame(pixels: torch.Tensor) -> list[int] | None:
    """The colour of the ground if nearly all of the outermost pixels have it; uint8 RGB, shape (3, height, width)."""
    import torch

    edge = torch.cat([pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1]], dim=1).short()
    ground = edge.median(dim=1, keepdim=True).values
    is_near = ((edge - ground).abs() <= _NEAR).all(dim=0)
    return ground.flatten().tolist() if is_near.float().mean() >= _PLAIN else None


def whole_on_square(pixels: torch.Tensor, side: int, ground: list[int]) -> torch.Tensor:
    """The whole picture in the middle of a square of this side, on this colour."""
    from torchvision.transforms.v2.functional import InterpolationMode, pad, resize

    height, width = pixels.shape[1:]
    scale = side * _FILLED / max(height, width)
    size = [max(1, round(height * scale)), max(1, round(width * scale))]
    small = resize(pixels, size, InterpolationMode.BICUBIC, antialias=True)
    left, top = (side - size[1]) // 2, (side - size[0]) // 2
    square: torch.Tensor = pad(small, [left, top, side - size[1] - left, side - size[0] - top], fill=ground)
    return square
