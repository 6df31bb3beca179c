"""The types of what scripts are told: those of the API, written down for TypeScript."""

from __future__ import annotations

from scripts.script_types import FILE, written


def test_the_file_says_what_the_api_says_now() -> None:
    assert FILE.read_text(encoding="utf-8") == written(), "Run python scripts/script_types.py"
