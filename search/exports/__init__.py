"""Exports: hits, a selection or a collection, as rows or as an archive, never whole in memory."""
