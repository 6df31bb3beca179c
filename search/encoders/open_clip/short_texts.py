"""Reading only as many tokens as a text has: CLIP pads to 77, a query has about ten.

Exact where attention is causal and the vector is read at the end-of-text token: what follows it is never looked at.

One text alone is read by a trace of the model: of a single query, Python between the layers takes a third of the time.
"""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

LENGTHS = (8, 10, 12, 16, 24, 32)
"""Tokens; the next larger fits, so that few shapes occur. Most queries have from 5 to 12."""

_RUNS_TO_SETTLE = 3
"""After which torch has chosen how to run a trace; the first take ten times as long."""

_READ_AT_END = {"argmax", "eos"}


class TextReader:
    """Encodes tokens, shape (n, context), with the shortest of a few views of a model that share all weights."""

    def __init__(self, model: Any) -> None:
        from open_clip.model import CLIP

        self._model = model
        is_causal = isinstance(model, CLIP) and model.attn_mask is not None and model.text_pool_type in _READ_AT_END
        lengths = [length for length in LENGTHS if length < model.context_length] if is_causal else []
        self._views = {length: _view(model, length) for length in lengths}
        is_traced = bool(self._views) and model.positional_embedding.device.type == "cpu"
        self._traces = {length: _trace(view, length) for length, view in self._views.items()} if is_traced else {}

    def encode(self, tokens: torch.Tensor) -> torch.Tensor:
        """Shape (n, dimension), in the precision of the model."""
        length_needed = self._tokens_used(tokens) if self._views else 0
        for length, view in self._views.items():
            if length_needed <= length:
                encode_text = self._traces.get(length, view.encode_text) if len(tokens) == 1 else view.encode_text
                vectors: torch.Tensor = encode_text(tokens[:, :length])
                return vectors
        whole: torch.Tensor = self._model.encode_text(tokens)
        return whole

    def _tokens_used(self, tokens: torch.Tensor) -> int:
        """The number of tokens up to the end of the longest text."""
        is_end = tokens == self._model.text_eos_id if self._model.text_pool_type == "eos" else tokens
        return int(is_end.int().argmax(dim=-1).max()) + 1


def _view(model: Any, length: int) -> Any:
    """Return the model for texts of `length` tokens, which shares all but what has the length of the context."""
    view = copy.copy(model)
    # Both are dictionaries that a plain copy shares, and assigning below would change the model itself.
    view._parameters = dict(model._parameters)
    view._buffers = dict(model._buffers)
    # open_clip adds the whole table of positions, so fewer tokens than it has would fail.
    view._parameters["positional_embedding"] = model.positional_embedding[:length]
    view._buffers["attn_mask"] = model.attn_mask[:length, :length]
    return view


def _trace(view: Any, length: int) -> Any:
    """The operations of reading one text of `length` tokens, run without Python; they share the weights of the view."""
    import torch

    class _Reading(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.view = view

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            encoded: torch.Tensor = self.view.encode_text(tokens)
            return encoded

    tokens = torch.full((1, length), view.vocab_size - 1, dtype=torch.long)
    with torch.inference_mode(), warnings.catch_warnings():
        # What torch offers in its place needs a compiler on the machine.
        warnings.simplefilter("ignore")
        trace = torch.jit.trace(_Reading(), tokens, check_trace=False)
        for _ in range(_RUNS_TO_SETTLE):
            trace(tokens)
    return trace
