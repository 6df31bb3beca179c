"""Chooses the encoder of new datasets: the one in the settings, else CLIP where it can be had, else the starter."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from django.conf import settings

from search.encoders import registry
from search.encoders.open_clip import weights_hub
from search.encoders.open_clip.catalogue import published_weights
from search.encoders.starter.family import STARTER

CLIP = "open_clip/ViT-B-32/laion2b_s34b_b79k"
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """An encoder's name, and one sentence on why it was chosen."""

    name: str
    reason: str


_guard = threading.Lock()
_default: EncoderChoice | None = None


def default_encoder() -> EncoderChoice:
    """Chosen once per process, within ten seconds; raises UnknownEncoder for a setting that names none."""
    global _default
    with _guard:
        if _default is None:
            _default = choose_encoder(settings.ENCODER)
        return _default


def reset_choice() -> None:
    """Forgets the choice, so that a test can make another."""
    global _default
    with _guard:
        _default = None


def choose_encoder(
    setting: str, *, endpoint: str | None = None, seconds: float = weights_hub.PROBE_SECONDS
) -> EncoderChoice:
    """Decides anew for a value of CLIPSITE_ENCODER; `endpoint` and `seconds` limit the question to the model hub."""
    if setting != AUTO:
        return EncoderChoice(registry.describe(setting).name, "CLIPSITE_ENCODER names it.")
    _, architecture, tag = CLIP.split("/")
    weights = published_weights(architecture)[tag]
    if weights_hub.cached_file(weights) is not None:
        return EncoderChoice(CLIP, "CLIP's weights lie in this machine's cache.")
    if weights_hub.is_offline():
        return _starter("HF_HUB_OFFLINE forbids fetching them")
    if weights_hub.can_be_fetched(weights, endpoint=endpoint, seconds=seconds):
        return EncoderChoice(CLIP, "CLIP's weights can be fetched from the model hub.")
    return _starter("the model hub cannot be reached")


def _starter(obstacle: str) -> EncoderChoice:
    return EncoderChoice(
        STARTER,
        f"CLIP's weights are not on this machine and {obstacle}, so the bundled starter encoder is used; "
        f"set CLIPSITE_ENCODER to open_clip/ViT-B-32/<checkpoint file> to use weights that you bring.",
    )
