"""Starting a web process, the admin or a worker must not pay for libraries that it may never use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "torch",
    "torchvision",
    "faiss",
    "umap",
    "numba",
    "sentence_transformers",
    "transformers",
    "open_clip",
    "timm",
    "pymilvus",
    "milvus_lite",
    "grpc",
    "pyarrow",
    "obstore",
)

PROGRAM = """
import importlib, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "clipsite.config.settings"
import django
django.setup()
for name in sys.argv[1:]:
    importlib.import_module(name)
print(" ".join(name for name in {heavy!r} if name in sys.modules))
"""


@pytest.mark.parametrize("module", ["clipsite.server.urls", "clipsite.admin", "workers.tasks", "clipsite.server.asgi"])
def test_it_loads_no_heavy_library(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY), module],
        cwd=ROOT,
        env=os.environ.copy(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ""
