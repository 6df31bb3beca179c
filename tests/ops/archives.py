"""Builds what a release consists of, as docs/releasing.md does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def built(target: str, source: Path, destination: Path) -> Path:
    """The wheel or sdist (`target`) of the project in `source`, written into a new folder; needs no network."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(destination)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (archive,) = destination.iterdir()
    return archive
