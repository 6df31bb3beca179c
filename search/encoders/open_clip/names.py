"""The names `open_clip/<architecture>/<tag or checkpoint path>` and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from django.conf import settings

from search.encoders.base import public_name
from search.encoders.open_clip import catalogue
from search.errors import EncoderUnavailable, UnknownEncoder

_CHECKPOINT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
_SHAPE = "open_clip/<architecture>/<tag or checkpoint path>"


@dataclass(frozen=True, slots=True)
class OpenClipName:
    """The parts of a name; `weights` is None where `source` is a checkpoint's path and not a tag."""

    full: str
    architecture: catalogue.Architecture
    source: str
    weights: catalogue.PublishedWeights | None


def encoder_unavailable(name: OpenClipName, sentence: str, checkpoint: Path | None = None) -> EncoderUnavailable:
    """Build the error from a sentence with the fields `{encoder}` and `{checkpoint}`, by default the name's source.

    The public text names a checkpoint by its file alone: its folder is the business of who runs the server.
    """
    path = (checkpoint or Path(name.source)).absolute()
    return EncoderUnavailable(
        sentence.format(encoder=name.full, checkpoint=path),
        public=sentence.format(encoder=public_name(name.full), checkpoint=path.name),
    )


def parse_name(name: str) -> OpenClipName:
    """Raises UnknownEncoder with what is wrong and what would be right."""
    parts = name.split("/", 2)
    if len(parts) < 3 or not all(parts):
        raise UnknownEncoder(f"{name!r} is no encoder: a name of this family has the form {_SHAPE}.")
    _, architecture_name, source = parts
    architecture = catalogue.architecture(architecture_name)
    if architecture is None:
        near = ", ".join(get_close_matches(architecture_name, catalogue.architecture_names(), n=3, cutoff=0.0))
        raise UnknownEncoder(
            f"open_clip has no architecture {architecture_name!r}: the nearest are {near}; "
            f"`{settings.COMMAND} encoders` lists encoders."
        )
    weights = catalogue.published_weights(architecture_name)
    if source not in weights and Path(source).suffix not in _CHECKPOINT_SUFFIXES:
        nearest = ", ".join(get_close_matches(source, weights, n=5, cutoff=0.0)) or "none"
        raise UnknownEncoder(
            f"The architecture {architecture_name} has no weights called {source!r}: published ones are {nearest}; "
            f"a checkpoint's path must end with {', '.join(_CHECKPOINT_SUFFIXES)}."
        )
    return OpenClipName(name, architecture, source, weights.get(source))
