"""Whether the web server answers; run as a module it is the health check of a container."""

from __future__ import annotations

import http.client
import os
import sys

from django.conf import settings

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 (an address to reach, not to bind)


def answers(path: str = "/healthz") -> bool:
    """True when `path` answers 200 on this machine: `/healthz` of a process that lives, `/readyz` of one that can."""
    connection = http.client.HTTPConnection(EVERYWHERE.get(settings.HOST, settings.HOST), settings.PORT, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": _allowed_host()})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _allowed_host() -> str:
    """A name that Django accepts: behind a proxy the site's own name may be the only one."""
    names = [name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"]
    return names[0] if names else "localhost"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clipsite.settings")
    sys.exit(0 if answers("/readyz") else 1)
