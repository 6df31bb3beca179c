"""The site: pages, API, admin, commands and servers. Begin in `clipsite/web`; settings are in `clipsite/config`.

Image search by meaning for many people. This package calls `workers` (background work) and `search` (the library).
"""

import os

# Before the Celery application is made, which asks whether it works for a Django site.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clipsite.config.settings")

from workers.celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "1.0.0"
