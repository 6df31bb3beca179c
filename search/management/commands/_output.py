"""How commands print results for programs."""

from __future__ import annotations

import json
from typing import Any


def json_line(value: Any) -> str:
    """The value as one line of JSON; a command writes it last."""
    return json.dumps(value, ensure_ascii=False)
