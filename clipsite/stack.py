"""One process of the site: `python -m clipsite.stack ROLE`, as containers and service units call it."""

from clipsite.server.stack import main

if __name__ == "__main__":
    main()
