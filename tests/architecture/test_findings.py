"""Each script of findings/ stands in their table, stops at the first error, and says what it is about."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
HEADER = ("# Packages: ", "# Expected: ", "# Really: ", "# Seen ")


def test_the_table_of_findings_has_exactly_the_scripts() -> None:
    named = re.findall(r"^\| `([\w-]+\.sh)` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert SCRIPTS
    assert named == [script.name for script in SCRIPTS]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_finding_stops_at_errors_and_says_what_is_expected_and_what_happens(script: Path) -> None:
    header, _, rest = script.read_text(encoding="utf-8").partition("\nset -eu\n")
    assert rest
    assert os.access(script, os.X_OK)
    assert [start for start in HEADER if f"\n{start}" not in header] == []
