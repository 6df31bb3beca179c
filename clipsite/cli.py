"""The command line: a management command, and settings that are wrong said in one sentence."""

from __future__ import annotations

import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

from clipsite import __version__
from clipsite.config.installation import COMMAND


def main() -> None:
    if sys.argv[1:] in (["--version"], ["version"]):
        sys.stdout.write(f"clipsite {__version__}\n")  # Django would say its own
        return
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)  # what a shell reports for Ctrl-C; a run goes on without its watcher
    except DatabaseError as error:
        sys.exit(f"Error: the database refuses: {error}. Run {COMMAND} doctor; after an update, {COMMAND} migrate.")


if __name__ == "__main__":
    main()
