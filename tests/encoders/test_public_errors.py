"""Errors of encoders: people read of a checkpoint's file, who runs the server reads of its folder too."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.encoders import registry
from search.errors import EncoderUnavailable

NAME = "open_clip/ViT-B-32/{}"


def test_a_checkpoint_that_is_not_there_is_named_without_its_folder(tmp_path: Path) -> None:
    lost = tmp_path / "lost.safetensors"
    with pytest.raises(EncoderUnavailable, match=str(tmp_path)) as raised:
        registry.image_tower(NAME.format(lost))
    public = raised.value.public
    assert public.startswith("The checkpoint lost.safetensors of encoder open_clip/ViT-B-32/lost.safetensors does not")
    assert str(tmp_path) not in public


def test_a_damaged_checkpoint_is_named_without_its_folder(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.pt"
    damaged.write_bytes(b"no weights")
    with pytest.raises(EncoderUnavailable, match=str(tmp_path)) as raised:
        registry.image_tower(NAME.format(damaged))
    assert "damaged.pt" in raised.value.public
    assert str(tmp_path) not in raised.value.public


def test_an_error_with_one_text_says_the_same_to_everybody() -> None:
    assert EncoderUnavailable("The GPU is busy.").public == "The GPU is busy."
