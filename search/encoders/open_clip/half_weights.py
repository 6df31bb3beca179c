"""Text towers on processors without bfloat16: weights in float16, arithmetic in float32.

A text is a few tokens, so that a layer takes as long as its weights take to come from memory; half of the bytes is
half of the time, and of the room. FBGEMM widens them to float32 on the way (Khudia et al., arXiv:2101.05615); what is
lost is the rounding of the weights alone: a cosine of 0.9999998 to the vectors of whole weights.

Importing this imports torch and open_clip.
"""

from __future__ import annotations

from typing import cast

import torch
from open_clip.transformer import ResidualAttentionBlock
from torch import nn
from torch.nn import functional


def can_halve(device: str) -> bool:
    """Return whether FBGEMM runs: on x86 processors with AVX2, which all convert float16."""
    has_avx2 = bool(torch.cpu.get_capabilities().get("avx2", False))
    return device == "cpu" and has_avx2 and "fbgemm" in torch.backends.quantized.supported_engines


def halve_weights(model: nn.Module) -> None:
    """Replaces the linear layers and the self-attention in all blocks of an open_clip text tower, in place."""
    for block in [module for module in model.modules() if isinstance(module, ResidualAttentionBlock)]:
        for name in ("c_fc", "c_proj"):
            whole = cast("nn.Linear", block.mlp.get_submodule(name))
            block.mlp.add_module(name, _HalfLinear(whole.weight, whole.bias))
        if not hasattr(block, "ln_1_kv"):  # which only cross-attention has
            block.add_module("attn", _HalfSelfAttention(block.attn))


class _HalfLinear(nn.Module):
    """Stands for nn.Linear; takes and returns float32."""

    int8_original_dtype = torch.float32
    """The attribute by which open_clip tells the precision of layers that have no `weight`."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        self._packed = torch.ops.quantized.linear_prepack_fp16(weight.detach(), bias.detach())

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        product: torch.Tensor = torch.ops.quantized.linear_dynamic_fp16(states, self._packed)
        return product


class _HalfSelfAttention(nn.Module):
    """Stands for nn.MultiheadAttention where queries, keys and values are the same states."""

    def __init__(self, whole: nn.MultiheadAttention) -> None:
        super().__init__()
        self.batch_first = whole.batch_first
        self._heads = whole.num_heads
        self._projection = _HalfLinear(whole.in_proj_weight, whole.in_proj_bias)
        self._joining = _HalfLinear(whole.out_proj.weight, whole.out_proj.bias)

    def forward(
        self,
        states: torch.Tensor,
        _keys: torch.Tensor,
        _values: torch.Tensor,
        *,
        need_weights: bool,
        attn_mask: torch.Tensor | None,
    ) -> tuple[torch.Tensor, None]:
        if not self.batch_first:
            states = states.transpose(0, 1)
        texts, length, width = states.shape
        parts = self._projection(states).view(texts, length, 3, self._heads, width // self._heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        if attn_mask is not None and attn_mask.dim() == 3:  # as CoCa makes it: one for each text and head
            attn_mask = attn_mask.view(texts, self._heads, length, length)
        attended = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=attn_mask)
        joined = self._joining(attended.transpose(1, 2).reshape(texts, length, width))
        return (joined if self.batch_first else joined.transpose(0, 1)), None
