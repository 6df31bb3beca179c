"""Exports of hits and collections: rows as CSV or JSON, originals as an archive.

Begin in `rows.py` and `archive.py`.
"""
