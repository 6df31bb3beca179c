"""Published weights on the model hub: whether they lie in this machine's cache, and whether they can be fetched."""

from __future__ import annotations

import logging
import queue
import threading
from pathlib import Path

from search.encoders.open_clip.catalogue import PublishedWeights

logger = logging.getLogger(__name__)

PROBE_SECONDS = 8.0
_OPEN_CLIP_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


def cached_file(weights: PublishedWeights) -> Path | None:
    """The weights' file in the hub's cache; asks no network."""
    if not weights.hub_address:
        return None
    from huggingface_hub import try_to_load_from_cache

    repository, files = _hub_files(weights)
    for file in files:
        path = try_to_load_from_cache(repository, file)
        if isinstance(path, str):
            return Path(path)
    return None


def is_offline() -> bool:
    """Return whether `HF_HUB_OFFLINE` forbids asking the hub."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def can_be_fetched(weights: PublishedWeights, *, endpoint: str | None = None, seconds: float = PROBE_SECONDS) -> bool:
    """Return whether the hub answers for these weights in time; `endpoint` is the hub client's own unless given."""
    answers: queue.Queue[bool] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(_hub_has(weights, endpoint, seconds))
        except Exception as error:  # noqa: BLE001 - the hub client changes its HTTP library; any failure means no
            logger.debug("The model hub cannot be asked: %s", error)
            answers.put(False)

    # A name lookup can hang for minutes below every timeout of the client; only leaving its thread behind helps.
    threading.Thread(target=ask, name="hub-probe", daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        return False


def _hub_has(weights: PublishedWeights, endpoint: str | None, seconds: float) -> bool:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError

    repository, files = _hub_files(weights)
    for file in files:
        url = hf_hub_url(repository, file, endpoint=endpoint)
        try:
            metadata = get_hf_file_metadata(url, token=False, timeout=seconds, endpoint=endpoint)
        except EntryNotFoundError:
            continue
        # A gateway's sign-in page also answers 200, but names no revision.
        return metadata.commit_hash is not None
    return False


def _hub_files(weights: PublishedWeights) -> tuple[str, tuple[str, ...]]:
    """The repository and the files to look for, best first; an address without a file means open_clip's own names."""
    repository, _, file = weights.hub_address.rpartition("/")
    return repository, (file,) if file else _OPEN_CLIP_FILES
