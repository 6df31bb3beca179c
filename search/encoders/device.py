"""Where encoders compute, and whether that place is fast at bfloat16."""

from __future__ import annotations


def best_device() -> str:
    """`cuda` where torch sees a GPU, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def has_fast_bf16(device: str) -> bool:
    """True where bfloat16 arithmetic is done by the hardware; elsewhere it is emulated and slower than float32."""
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    abilities = torch.cpu.get_capabilities()
    return any(abilities.get(ability, False) for ability in ("avx512_bf16", "amx_bf16"))
