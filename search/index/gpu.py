"""FAISS on a GPU, where the gpu package and a device are there: for building the lists of large indexes."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger(__name__)


def to_gpu(index: Any) -> Any:
    """The same empty index on the first GPU, or itself where there is none or it has no room."""
    import faiss

    if not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() == 0:
        return index
    try:
        return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, index)
    except RuntimeError as error:
        logger.warning("the index is built on the processor: %s", error)
        return index


def to_cpu(index: Any) -> Any:
    """What can be written to a file."""
    import faiss

    return faiss.index_gpu_to_cpu(index) if hasattr(index, "getDevice") else index
