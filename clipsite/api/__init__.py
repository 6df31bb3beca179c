"""Version 1 of the API: what the pages can do, as JSON."""
