"""The indexed datasets of the pages' tests."""

from __future__ import annotations

from tests.web.conftest import maps_drawn_here, private, public

__all__ = ["maps_drawn_here", "private", "public"]
