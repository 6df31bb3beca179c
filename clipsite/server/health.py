"""Checks that the web server answers and beat starts its tasks; as a module, the health check of containers."""

from __future__ import annotations

import http.client
import sys
from datetime import timedelta

import django
from django.conf import settings
from django.utils import timezone

REACHABLE_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 (an address to reach, not to bind)


_BEAT_SILENCE = timedelta(minutes=10)
"""Beat writes only every three minutes when it last started each task."""


def answers(path: str = "/healthz") -> bool:
    """Return whether `path` answers 200 here: `/healthz` where the process lives, `/readyz` where it is ready."""
    connection = http.client.HTTPConnection(REACHABLE_HOSTS.get(settings.HOST, settings.HOST), settings.PORT, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": _allowed_host()})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _allowed_host() -> str:
    """Return a name that Django accepts: behind a proxy the site's own name may be the only one."""
    names = [name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"]
    return names[0] if names else "localhost"


def beat_starts_tasks() -> bool:
    """Return whether beat started a task of late, according to the database."""
    from django_celery_beat.models import PeriodicTask

    return bool(PeriodicTask.objects.filter(last_run_at__gt=timezone.now() - _BEAT_SILENCE).exists())


def _is_healthy(role: str) -> bool:
    if role == "web":
        return answers("/readyz")
    django.setup()
    return beat_starts_tasks()


def main() -> None:
    """End this process with 0 where the role on the command line is healthy, else with 1."""
    sys.exit(0 if _is_healthy(*(sys.argv[1:2] or ["web"])) else 1)
