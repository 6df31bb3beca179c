"""The Celery application; queue `cpu` does files, `gpu` runs encoders, and both are named where a task is declared."""

from __future__ import annotations

import sys

from celery import Celery

_path = sys.path.copy()
app = Celery("clipsite")
# Celery puts the working folder first, where a `search.py` of somebody else would stand in for ours.
sys.path[:] = _path
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
