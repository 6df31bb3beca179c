"""The two towers of an open_clip model: loading one without the other, and encoding with it."""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from search.encoders.base import Precision, public_name
from search.encoders.device import best_device, has_fast_bf16, own_stream, to_device
from search.encoders.open_clip.names import OpenClipName, encoder_unavailable
from search.encoders.open_clip.short_texts import TextReader
from search.encoders.threads import use_one_thread_per_call
from search.errors import EncoderUnavailable
from search.values import Float32Array

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

_IMAGE_PARTS = ("visual", "text_decoder")
_TEXT_PARTS = (
    "text",
    "text_decoder",
    "transformer",
    "token_embedding",
    "positional_embedding",
    "ln_final",
    "text_projection",
    "attn_mask",
)
# What open_clip raises on a checkpoint of another architecture depends on how far it reads before it stumbles.
_UNFIT = (
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)
_PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")
_PRECISIONS = {Precision.FLOAT32: "fp32", Precision.FLOAT16: "fp16", Precision.BFLOAT16: "bf16"}
_TEXTS_AT_ONCE = 256


class OpenClipImageTower:
    """Prepares pictures as open_clip's own evaluation transform of the model does, but in 8 bits until they move."""

    def __init__(self, name: OpenClipName, checkpoint: Path, precision: Precision) -> None:
        import torch
        from open_clip.transform import PreprocessCfg

        self.device = best_device()
        self._dtype: torch.dtype = getattr(torch, precision.value)
        self._model = _load_model(name, checkpoint, self.device, precision)
        _drop(self._model, _TEXT_PARTS)
        preparation = PreprocessCfg(**self._model.visual.preprocess_cfg)
        self._geometry = _geometry(preparation)
        self._mean, self._deviation = (
            torch.tensor(values, device=self.device).view(3, 1, 1) * 255
            for values in (preparation.mean, preparation.std)
        )
        self._encode_image = torch.compile(self._model.encode_image) if settings.COMPILE else self._model.encode_image

    def prepare(self, pixels: torch.Tensor) -> torch.Tensor:
        for step in self._geometry:
            pixels = step(pixels)
        return pixels

    def encode(self, squares: torch.Tensor) -> Float32Array:
        import torch

        with torch.inference_mode(), own_stream(self.device):
            batch = (to_device(squares, self.device).float() - self._mean) / self._deviation
            return _unit_vectors(self._encode_image(batch.to(self._dtype)))


def _geometry(preparation: Any) -> list[Callable[[torch.Tensor], torch.Tensor]]:
    """The steps of open_clip's transform that resize and crop; what follows them is arithmetic on whole batches."""
    from open_clip.transform import CenterCropOrPad, ResizeKeepRatio, image_transform_v2
    from torchvision.transforms import CenterCrop, Resize
    from torchvision.transforms.v2.functional import resize

    steps: list[Callable[[torch.Tensor], torch.Tensor]] = []
    for step in image_transform_v2(preparation, is_train=False).transforms:
        if isinstance(step, Resize):
            size = [step.size] if isinstance(step.size, int) else list(step.size)
            # The second version resizes bytes as they are; the first would turn them into floats and back.
            steps.append(partial(resize, size=size, interpolation=step.interpolation, antialias=True))
        elif isinstance(step, CenterCrop | ResizeKeepRatio | CenterCropOrPad):
            steps.append(step)
    return steps


class OpenClipTextTower:
    """Reads texts with the tokenizer of the architecture."""

    def __init__(self, name: OpenClipName, checkpoint: Path) -> None:
        self._device = best_device()
        is_bf16 = has_fast_bf16(self._device) and not name.architecture.float32_text
        precision = Precision.BFLOAT16 if is_bf16 else Precision.FLOAT32
        self._model = _load_model(name, checkpoint, self._device, precision)
        use_one_thread_per_call()
        self._tokenizer = _load_tokenizer(name)
        self._tokenizing = threading.Lock()
        self._dimension = name.architecture.dimension
        _drop(self._model, _IMAGE_PARTS)
        _length_first(self._model)
        if precision is Precision.FLOAT32:
            _halve_where_possible(self._model, self._device)
        self._reader = TextReader(self._model)

    def encode(self, texts: Sequence[str]) -> Float32Array:
        import torch

        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            with self._tokenizing:
                tokens = self._tokenizer(list(texts[start : start + _TEXTS_AT_ONCE]))
            with torch.inference_mode():
                encoded = self._reader.encode(tokens.to(self._device))
                vectors[start : start + _TEXTS_AT_ONCE] = _unit_vectors(encoded)
        return vectors


def _length_first(model: Any) -> None:
    """Lets attention run over (length, texts, width), its own order.

    Turned round by torch itself, more than one text under a mask would make it copy the weights for each token.
    """
    from torch.nn import MultiheadAttention

    transformer: Any = getattr(model, "transformer", None)
    if transformer is not None and getattr(transformer, "batch_first", False):
        transformer.batch_first = False
        for module in transformer.modules():
            if isinstance(module, MultiheadAttention):
                module.batch_first = False


def _halve_where_possible(model: Any, device: str) -> None:
    from search.encoders.open_clip.half_weights import can_halve, halve_weights

    if can_halve(device):
        halve_weights(model)


def _unit_vectors(encoded: torch.Tensor) -> Float32Array:
    # Normalised in float32: a bfloat16 vector of length one is only nearly of length one.
    from torch.nn import functional

    vectors: Float32Array = functional.normalize(encoded.float(), dim=-1).cpu().numpy()
    return vectors


def _load_model(name: OpenClipName, checkpoint: Path, device: str, precision: Precision) -> Any:
    import open_clip
    import torch
    from safetensors import SafetensorError

    # Weights trained with QuickGELU give wrong vectors without it; open_clip would only warn.
    quick_gelu = name.weights is not None and name.weights.quick_gelu
    try:
        model = open_clip.create_model(
            name.architecture.name,
            pretrained=str(checkpoint),
            precision=_PRECISIONS[precision],
            device=device,
            weights_only=True,  # a pickled checkpoint could run code
            force_quick_gelu=quick_gelu,
            force_preprocess_cfg=preprocessing(name),
        )
    except torch.OutOfMemoryError as error:
        raise encoder_unavailable(name, "The GPU has too little free memory for encoder {encoder}.") from error
    except (SafetensorError, pickle.UnpicklingError, *_UNFIT) as error:
        logger.debug("open_clip refuses %s", checkpoint, exc_info=True)
        raise _refusal(name, checkpoint, error) from error
    return model.eval().requires_grad_(False)


def _refusal(name: OpenClipName, checkpoint: Path, error: Exception) -> EncoderUnavailable:
    if isinstance(error, pickle.UnpicklingError):
        return encoder_unavailable(
            name,
            "The checkpoint {checkpoint} of encoder {encoder} is damaged, or holds more than weights and could run "
            "code; save its weights alone, best as .safetensors.",
            checkpoint,
        )
    if isinstance(error, OSError):
        return EncoderUnavailable(
            f"A file that encoder {name.full} needs cannot be read: {str(error).partition(chr(10))[0]}",
            # The system's own words name the file with its folder.
            public=f"A file that encoder {public_name(name.full)} needs cannot be read; see the log of the worker.",
        )
    return encoder_unavailable(
        name,
        f"The checkpoint {{checkpoint}} cannot be loaded as {name.architecture.name}: it is damaged, or its weights "
        "belong to another architecture.",
        checkpoint,
    )


def preprocessing(name: OpenClipName) -> dict[str, Any]:
    """Return how pictures are prepared for these weights; one's own checkpoint follows the published ones.

    open_clip itself would prepare pictures for any checkpoint file as for OpenAI's models, SigLIP's included.
    """
    import open_clip

    architecture = name.architecture.name
    tags = [name.source] if name.weights else open_clip.list_pretrained_tags_by_model(architecture)
    configs = [open_clip.get_pretrained_cfg(architecture, tag) for tag in tags]
    steps = [{key: config[key] for key in _PREPROCESSING if key in config} for config in configs]
    return steps[0] if steps and all(other == steps[0] for other in steps) else {}


def _load_tokenizer(name: OpenClipName) -> Any:
    import open_clip

    try:
        return open_clip.get_tokenizer(name.architecture.name)
    except (OSError, RuntimeError, ValueError) as error:
        raise encoder_unavailable(
            name,
            "The tokenizer of encoder {encoder} is not on this machine and could not be fetched; let this machine "
            "reach the model hub once, or choose another encoder.",
        ) from error


def _drop(model: Any, parts: Sequence[str]) -> None:
    """Frees the memory of the tower that is not wanted."""
    for part in parts:
        if hasattr(model, part):
            delattr(model, part)
