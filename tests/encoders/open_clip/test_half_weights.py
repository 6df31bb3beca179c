"""Weights in float16 give the vectors of float32, whatever kind of text tower open_clip has."""

from __future__ import annotations

import copy
from pathlib import Path

import open_clip
import pytest
import torch
from torch.nn import functional

from search.encoders.open_clip.half_weights import can_halve, halve_weights
from tests.encoders.conftest import SMALL_IMAGE_TOWER

TEXTS = ["a dog", "two dogs asleep on a green sofa in the sun", "a text that goes on and on " * 12]


def test_they_are_used_on_every_processor_that_has_what_they_need() -> None:
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    assert can_halve("cpu") is ("avx2" in flags)
    assert not can_halve("cuda")


needs_avx2 = pytest.mark.skipif(not can_halve("cpu"), reason="the processor has no AVX2, so they are not used")


@needs_avx2
@pytest.mark.parametrize("architecture", ["ViT-S-32-alt", "coca_ViT-B-32", "EVA02-B-16"])
def test_the_vectors_stay(architecture: str) -> None:
    torch.manual_seed(5)
    model = open_clip.create_model(architecture, pretrained=None, vision_cfg=SMALL_IMAGE_TOWER)
    model.eval().requires_grad_(False)
    tokens = open_clip.get_tokenizer(architecture)(TEXTS)
    with torch.inference_mode():
        expected = model.encode_text(tokens)
        halved = copy.deepcopy(model)
        halve_weights(halved)
        for rows in (tokens, tokens[:1]):
            cosines = functional.cosine_similarity(halved.encode_text(rows), expected[: len(rows)])
            assert cosines.min() > 0.99999


@needs_avx2
def test_a_tower_takes_less_room_for_its_weights() -> None:
    model = open_clip.create_model("ViT-S-32-alt", pretrained=None).eval()
    before = sum(part.numel() for part in model.transformer.parameters())
    halve_weights(model)
    # What is left in float32 are the biases and scales of the normalisations.
    assert sum(part.numel() for part in model.transformer.parameters()) < 0.01 * before
