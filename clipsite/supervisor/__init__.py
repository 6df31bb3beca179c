"""Supervision of child processes: start, restart with back-off, prefixed output, clean stop. Knows no application."""

from clipsite.supervisor.keeper import Child
from clipsite.supervisor.lock import AlreadyRunning, FolderLock
from clipsite.supervisor.supervisor import Supervisor, wait_for

__all__ = ["AlreadyRunning", "Child", "FolderLock", "Supervisor", "wait_for"]
