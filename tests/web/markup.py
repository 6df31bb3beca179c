"""Pages as tests compare them."""

from __future__ import annotations

import re


def on_one_line(page: str) -> str:
    """The page with one blank for all white space in a row: where a template breaks its lines means nothing."""
    return re.sub(r"\s+", " ", page)
