"""Starting a web process, the admin or a worker must not pay for libraries that it may never use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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

ENTRANCES = ("clipsite.server.urls", "clipsite.admin", "workers.tasks", "clipsite.server.asgi")
"""What a web process, the administration and a worker import first."""

PROGRAM = """
import importlib, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "clipsite.config.settings"
import django
django.setup()
for module in sys.argv[1:]:
    importlib.import_module(module)
    print(module, *(name for name in {heavy!r} if name in sys.modules))
"""


def test_no_entrance_loads_a_heavy_library() -> None:
    """One process imports them all: what none of them has loaded at the end, each alone does not load either."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY), *ENTRANCES],
        cwd=ROOT,
        env=os.environ.copy(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == list(ENTRANCES)
