"""The site: pages, API, admin, commands and servers. Begin in `clipsite/web`; settings are in `clipsite/config`.

Image search by meaning for many people. This package calls `workers` (background work) and `search` (the library).
"""

import importlib
import os
import sys
from pathlib import Path

# Python, Celery and uvicorn may look into the working folder first, where a `search.py` of somebody else would stand in
# for ours. What has been imported once from beside this package stays.
_beside = str(Path(__file__).resolve().parents[1])
sys.path.insert(0, _beside)
try:
    importlib.import_module("search")
    importlib.import_module("workers")
finally:
    sys.path.remove(_beside)

# Before the Celery application is made, which asks whether it works for a Django site.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clipsite.config.settings")

from workers.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
__version__ = "1.0.0"
