"""The health check of one process: `python -m clipsite.health [ROLE]`, as containers call it."""

from clipsite.server.health import main

if __name__ == "__main__":
    main()
