"""Loaded by pytest before Django reads its settings: a data folder and ports of the tests' own."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# These two steer the tests themselves: refuse to skip the browser, and where to keep its screenshots.
_KEPT = {"CLIPSITE_E2E_REQUIRED", "CLIPSITE_SCREENSHOTS"}

for variable in [name for name in os.environ if name.startswith("CLIPSITE_") and name not in _KEPT]:
    del os.environ[variable]


def own_folder() -> Path:
    """A folder that is gone when this process ends."""
    folder = tempfile.mkdtemp(prefix="clipsite-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def share_models(data: Path) -> None:
    """What the starter computes for each data folder, in half a minute, it computes once for all of a run."""
    data.mkdir(exist_ok=True)
    (data / "models").symlink_to(os.environ["TESTS_MODELS_DIR"])


# The first process makes them, and those that it starts inherit the names.
for shared in ("TESTS_MODELS_DIR", "TESTS_SITE_DIR"):
    if shared not in os.environ:
        os.environ[shared] = str(own_folder())
_data = own_folder()
share_models(_data)
(_data / "static").mkdir()
os.environ["CLIPSITE_DATA_DIR"] = str(_data)
if database := os.environ.get("TESTS_DATABASE_URL"):
    os.environ["CLIPSITE_DATABASE_URL"] = database
os.environ["CLIPSITE_REDIS_PORT"] = str(free_port())
os.environ["CLIPSITE_ENCODER"] = "starter/efficientnet-lite2/minilm-l6-tree"
os.environ["HF_HUB_OFFLINE"] = "1"
# Test processes share the cores: threads that spin while they wait would take them from each other.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"
