"""The output of children: the console with the child's name before each line, and one capped file a child."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

LOG_BYTES = 5_000_000
LOG_BACKUPS = 2
LINE_BYTES = 16_384
NAME_WIDTH = 10


class _LogFile(RotatingFileHandler):
    """A rotating file that keeps quiet when it cannot be written: a full disk must not stop a child."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the name is logging's)
        return


class Output:
    """The console and the log folder that all children share."""

    def __init__(self, log_folder: Path) -> None:
        log_folder.mkdir(parents=True, exist_ok=True)
        self._log_folder = log_folder
        self._console = threading.Lock()

    def say(self, name: str, line: str) -> None:
        """Write one line on the console under a name."""
        # A closed terminal must not stop whoever reads a child's pipe, or the child blocks on its next line.
        with self._console, suppress(OSError, ValueError):
            sys.stdout.write(f"{name:<{NAME_WIDTH}} | {line}\n")
            sys.stdout.flush()

    def pump(self, name: str, stream: IO[bytes], quiet: bool) -> None:
        """Copy a child's output line by line until it ends; only into its file when it is `quiet`."""
        log = _LogFile(
            self._log_folder / f"{name}.log", maxBytes=LOG_BYTES, backupCount=LOG_BACKUPS, encoding="utf-8", delay=True
        )
        try:
            # In bounded pieces: a child that never ends a line would fill the memory.
            while chunk := stream.readline(LINE_BYTES):
                line = chunk.decode("utf-8", "replace").rstrip("\r\n")
                if not line:
                    continue
                log.handle(logging.makeLogRecord({"msg": line}))
                if not quiet:
                    self.say(name, line)
        finally:
            log.close()
            stream.close()
