"""How the program is called where this site runs, for pages that say what to type."""

from __future__ import annotations

from django.http import HttpRequest

from clipsite.config.installation import COMMAND, START


def program(_request: HttpRequest) -> dict[str, dict[str, str]]:
    """Gives every template `program.command` and `program.start`."""
    return {"program": {"command": COMMAND, "start": START}}
