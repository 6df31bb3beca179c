"""The processes that make up the site.

`manage.py up` runs all of them on one machine; a container becomes one of them: `python -m clipsite.stack ROLE`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from clipsite.server import embedded_valkey
from clipsite.server.supervisor import Child

# Workers yield to the web process, so that a search stays quick while a dataset is being indexed.
WORKER_NICENESS = "10"


def valkey_server() -> Child:
    """Describe Valkey; it is quiet, because its one habitual message is advice to the owner of a server farm."""
    return Child("valkey", embedded_valkey.command(), _environment(), quiet=True)


def web() -> Child:
    """Describe the ASGI server; five seconds for open connections (live progress pages never close by themselves)."""
    arguments = (
        *("-m", "uvicorn", "clipsite.server.asgi:application", "--host", settings.HOST, "--port", str(settings.PORT)),
        # No proxy headers: our own code reads addresses, and knows how many proxies to trust (CLIPSITE_PROXIES).
        *("--lifespan", "on", "--no-server-header", "--no-proxy-headers", "--log-level", "warning"),
        *("--timeout-graceful-shutdown", "5"),
        *("--app-dir", str(settings.BASE_DIR)),  # or it would take modules from the working folder first
    )
    return Child("web", (sys.executable, *arguments), _environment())


def cpu_worker() -> Child:
    """Describe the worker for files, indexes and maps: a pool of processes that share the cores between them."""
    threads = max(1, (os.cpu_count() or 1) // settings.CPU_WORKERS)
    environment = _worker_environment(OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    pool = ("--pool", "prefork", "--concurrency", str(settings.CPU_WORKERS))
    return Child("worker-cpu", _worker("cpu", "cpu,repair", *pool), environment)


def gpu_worker() -> Child:
    """Describe the worker for encoders: one process, because a GPU (or all cores at once) serves one encoder best.

    Two threads, each with a batch: while one writes its vectors and fetches the next, the other keeps the device busy.
    It repairs as well, because long runs may hold every process of the other worker.
    """
    # Passive waiting: threads that spin for the next layer would take the cores from the resizing next door.
    return Child(
        "worker-gpu",
        _worker("gpu", "gpu,repair", "--pool", "threads", "--concurrency", "2"),
        _worker_environment(OMP_WAIT_POLICY="PASSIVE"),
    )


def beat() -> Child:
    """Describe the scheduler."""
    # No pid file: after a kill its number may be that of another process, and beat would not start.
    arguments = ("-m", "celery", "-q", "-A", "clipsite", "beat", "--loglevel", "WARNING", "--pidfile", "")
    return Child("beat", (sys.executable, *arguments), _environment())


def management(name: str, *arguments: str) -> Child:
    """Describe a management command as a process of its own."""
    return Child(name, (sys.executable, "-m", "clipsite.cli", *arguments), _environment())


def _worker(name: str, queues: str, *pool: str) -> tuple[str, ...]:
    nice = shutil.which("nice")
    lowered = (nice, "-n", WORKER_NICENESS) if nice else ()
    celery = ("-m", "celery", "-q", "-A", "clipsite", "worker", "-Q", queues, "-n", f"{name}@%h")
    # Gossip and mingle let workers watch each other; here the database is the truth, and they only slow the start.
    quiet = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")
    return (*lowered, sys.executable, *celery, *pool, *quiet)


def _worker_environment(**more: str) -> dict[str, str]:
    # Celery's five lines of warning about root say nothing new to somebody who runs a container or a trial as root.
    return _environment(PYTHONWARNINGS="ignore:You're running the worker", **more)


def _environment(**more: str) -> dict[str, str]:
    own = {"PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "clipsite.config.settings"}
    if settings.IS_INSTALLED:
        own["PYTHONSAFEPATH"] = "1"  # or `python -m` would take modules from the folder in which the site was started
    return {**os.environ, **own, **more}


ROLES: dict[str, Callable[[], Child]] = {"web": web, "worker-cpu": cpu_worker, "worker-gpu": gpu_worker, "beat": beat}


def main() -> None:
    """Become the process of the role that the command line names."""
    if len(sys.argv) != 2 or sys.argv[1] not in ROLES:
        sys.exit(f"Error: name one role: {', '.join(ROLES)}.")
    try:
        child = ROLES[sys.argv[1]]()
    except ImproperlyConfigured as error:
        sys.exit(f"Error: {error}")
    os.execvpe(child.command[0], child.command, child.environment)  # noqa: S606 (our own command)
