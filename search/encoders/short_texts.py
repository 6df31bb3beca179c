"""Reading only as many tokens as a text has: CLIP pads to 77, a query has about ten.

Exact where attention is causal and the vector is read at the end-of-text token: what follows it is never looked at.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

LENGTHS = (8, 10, 12, 16, 24, 32)
"""Tokens; the next larger fits, so that few shapes occur. Most queries have from 5 to 12."""

_READ_AT_END = {"argmax", "eos"}


class TextReader:
    """Encodes tokens, shape (n, context), with the shortest of a few views of a model that share all weights."""

    def __init__(self, model: Any) -> None:
        from open_clip.model import CLIP

        self._model = model
        is_causal = isinstance(model, CLIP) and model.attn_mask is not None and model.text_pool_type in _READ_AT_END
        lengths = [length for length in LENGTHS if length < model.context_length] if is_causal else []
        self._views = {length: _view(model, length) for length in lengths}

    def encode(self, tokens: torch.Tensor) -> torch.Tensor:
        """Shape (n, dimension), in the precision of the model."""
        used = self._used(tokens) if self._views else 0
        for length, view in self._views.items():
            if used <= length:
                encoded: torch.Tensor = view.encode_text(tokens[:, :length])
                return encoded
        whole: torch.Tensor = self._model.encode_text(tokens)
        return whole

    def _used(self, tokens: torch.Tensor) -> int:
        """The number of tokens up to the end of the longest text."""
        is_end = tokens == self._model.text_eos_id if self._model.text_pool_type == "eos" else tokens
        return int(is_end.int().argmax(dim=-1).max()) + 1


def _view(model: Any, length: int) -> Any:
    """The same model for texts of `length` tokens: everything is shared but what has the length of the context."""
    view = copy.copy(model)
    # Both are dictionaries that a plain copy shares, and assigning below would change the model itself.
    view._parameters = dict(model._parameters)
    view._buffers = dict(model._buffers)
    view._parameters["positional_embedding"] = model.positional_embedding[:length]
    view._buffers["attn_mask"] = model.attn_mask[:length, :length]
    return view
