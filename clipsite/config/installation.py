"""Where the code stands, and how people call it there: from a checkout, or as an installed package."""

from __future__ import annotations

from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
# Templates and static files stand at the top of the repository; an installed package carries them inside.
IS_INSTALLED = (BASE_DIR / "clipsite" / "templates").is_dir()
ASSETS_DIR = BASE_DIR / "clipsite" if IS_INSTALLED else BASE_DIR
COMMAND = "clipsite" if IS_INSTALLED else "manage.py"
"""What sentences that name a command begin it with."""
START = "clipsite up" if IS_INSTALLED else "make run"
"""What starts the whole site."""
