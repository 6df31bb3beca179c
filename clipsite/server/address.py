"""The address of the site for a browser on this machine."""

from __future__ import annotations

from django.conf import settings

from clipsite.server.health import REACHABLE_HOSTS


def site_address() -> str:
    """Return the address of the home page, with a slash at its end."""
    host = REACHABLE_HOSTS.get(settings.HOST, settings.HOST)
    return f"http://[{host}]:{settings.PORT}/" if ":" in host else f"http://{host}:{settings.PORT}/"
