"""The whole of a site in one file, and a site made of it again."""
