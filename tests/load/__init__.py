"""Loads: many people who search while images are indexed, and many who watch a run.

Not part of the tests, which only try them small: `python -m tests.load.searching` and `python -m tests.load.sockets`
start a site of their own on this machine, print what they measured, and stop it.
"""

from __future__ import annotations

import os

import django
from django.apps import apps

if not apps.ready:  # run as a program, not by pytest
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clipsite.config.settings")
    django.setup()
