"""Encoder names as visitors see them."""

from __future__ import annotations

import pytest

from search.encoders.base import public_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("open_clip/ViT-B-32//srv/models/mine.pt", "open_clip/ViT-B-32/mine.pt"),
        ("open_clip/ViT-B-32/models/mine.pt", "open_clip/ViT-B-32/mine.pt"),
        ("open_clip/ViT-B-32/laion2b_s34b_b79k", "open_clip/ViT-B-32/laion2b_s34b_b79k"),
        ("starter/efficientnet-lite2/minilm-l6-tree", "starter/efficientnet-lite2/minilm-l6-tree"),
        ("", ""),
    ],
)
def test_it_shows_no_folder_of_a_checkpoint(name: str, shown: str) -> None:
    assert public_name(name) == shown
