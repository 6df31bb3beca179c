"""Supervision of child processes: start, restart with back-off, prefixed output, clean stop. Knows no application."""

from clipsite.server.supervisor.keeper import Child
from clipsite.server.supervisor.lock import AlreadyRunning, FolderLock
from clipsite.server.supervisor.supervisor import Supervisor
from search.polling import wait_for

__all__ = ["AlreadyRunning", "Child", "FolderLock", "Supervisor", "wait_for"]
