"""The scripts as Node.js runs and TypeScript reads them; what needs a page is tested in tests/e2e."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

NODE = Path(sys.executable).with_name("node")
ROOT = Path(settings.BASE_DIR)
COMPILER = ROOT / "node_modules/typescript/bin/tsc"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Node.js, at the top of the repository."""
    return subprocess.run([str(NODE), *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_modules_that_need_no_page_do_what_they_say() -> None:
    done = run("--test", "tests/frontend/js/*.test.js")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not COMPILER.exists(), reason="TypeScript is not installed: make types installs it and asks it")
def test_typescript_finds_nothing_wrong() -> None:
    done = run(str(COMPILER), "--project", ".")
    assert done.returncode == 0, done.stdout + done.stderr
