"""The types of what scripts are told: those of the API, written down for TypeScript."""

from __future__ import annotations

import runpy
from pathlib import Path

from django.conf import settings

SCRIPT = Path(settings.BASE_DIR) / "scripts/script_types.py"


def test_the_file_says_what_the_api_says_now() -> None:
    made = runpy.run_path(str(SCRIPT))
    assert made["FILE"].read_text(encoding="utf-8") == made["written"](), "Run python scripts/script_types.py"
