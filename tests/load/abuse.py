"""How the client that asks too often asks; apart from locust, whose import changes the whole process (gevent)."""

from __future__ import annotations

ABUSES_A_SECOND = 200
ABUSERS = 20
"""Connections among which the one client deals out its requests."""
