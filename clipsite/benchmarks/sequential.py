"""The loop that image search tools usually have, to compare with: one picture after the other, all the way."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

WARM_UPS = 3


def time_sequential_loop(paths: Sequence[Path], architecture: str) -> float:
    """Return the images a second of: open, decode, resize, save, load again, encode one, add it to a flat index.

    The model computes in float32, has random weights and all of torch's threads; loading it is not counted. Run it in
    a process of its own: it needs torch as it comes.
    """
    import faiss
    import numpy as np
    import open_clip
    import torch
    from PIL import Image

    model, _, transform = open_clip.create_model_and_transforms(architecture, pretrained=None)
    model.eval()
    index: faiss.IndexFlatIP | None = None
    started = 0.0
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        resized = Path(folder, "resized.jpg")
        for number, path in enumerate(paths):
            if number == WARM_UPS:
                started = time.perf_counter()
            picture = Image.open(path).convert("RGB")
            scale = 384 / min(picture.size)
            size = (round(picture.width * scale), round(picture.height * scale))
            picture.resize(size, Image.Resampling.BICUBIC).save(resized, quality=85)
            pixels = transform(Image.open(resized).convert("RGB"))
            vector = model.encode_image(pixels.unsqueeze(0), normalize=True).numpy().astype(np.float32)
            index = index or faiss.IndexFlatIP(vector.shape[1])
            index.add(vector)
    return (len(paths) - WARM_UPS) / (time.perf_counter() - started)
