"""The family of open_clip: its encoders by name, and which files hold their weights."""

from __future__ import annotations

from pathlib import Path

from search.encoders.base import EncoderDescription, PixelTower, Precision, TextTower
from search.encoders.device import has_fast_bf16
from search.encoders.open_clip import weights_hub
from search.encoders.open_clip.names import OpenClipName, encoder_unavailable, parse_name
from search.errors import EncoderUnavailable

_SUGGESTED = (
    "ViT-B-32/laion2b_s34b_b79k",
    "ViT-B-16/datacomp_xl_s13b_b90k",
    "ViT-L-14/datacomp_xl_s13b_b90k",
    "ViT-H-14/laion2b_s32b_b79k",
    "ViT-B-16-SigLIP2-256/webli",
    "ViT-SO400M-16-SigLIP2-384/webli",
    "MobileCLIP2-S2/dfndr2b",
)


class OpenClipFamily:
    """Every architecture of open_clip, with its published weights or a checkpoint of one's own."""

    prefix = "open_clip"

    def describe(self, name: str) -> EncoderDescription:
        parsed = parse_name(name)
        architecture = parsed.architecture
        source = parsed.source if parsed.weights else Path(parsed.source).name
        title = f"{architecture.name} ({source})"
        return EncoderDescription(name, architecture.dimension, architecture.input_size, title)

    def precisions(self, name: str, device: str) -> tuple[Precision, ...]:
        if parse_name(name).architecture.float32_image:
            return (Precision.FLOAT32,)
        if has_fast_bf16(device):
            return (Precision.BFLOAT16,)
        return (Precision.FLOAT32, Precision.FLOAT16 if device == "cuda" else Precision.BFLOAT16)

    def load_image_tower(self, name: str, precision: Precision) -> PixelTower:
        from search.encoders.open_clip.towers import OpenClipImageTower

        parsed = parse_name(name)
        return OpenClipImageTower(parsed, _checkpoint(parsed), precision)

    def load_text_tower(self, name: str) -> TextTower:
        from search.encoders.open_clip.towers import OpenClipTextTower

        parsed = parse_name(name)
        return OpenClipTextTower(parsed, _checkpoint(parsed))

    def suggestions(self) -> list[str]:
        return [f"{self.prefix}/{rest}" for rest in _SUGGESTED]


def _checkpoint(name: OpenClipName) -> Path:
    """The file with the weights: one's own, or the published one from the cache or, at last, from the network."""
    if name.weights is None:
        path = Path(name.source)
        if not path.is_file():
            raise encoder_unavailable(
                name,
                "The checkpoint {checkpoint} of encoder {encoder} does not exist; put the file there, "
                "or choose another encoder.",
            )
        return path
    return weights_hub.cached_file(name.weights) or _fetch(name)


def _fetch(name: OpenClipName) -> Path:
    import open_clip

    try:
        return Path(open_clip.download_pretrained(open_clip.get_pretrained_cfg(name.architecture.name, name.source)))
    except (OSError, RuntimeError) as error:
        raise EncoderUnavailable(
            f"The weights of encoder {name.full} are not on this machine and could not be fetched; let this machine "
            f"reach the model hub once, or name a checkpoint file: open_clip/{name.architecture.name}/<path>."
        ) from error
