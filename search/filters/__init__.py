"""Filters: what an image must be like to be found, in SQL and as a mask of an index.

Begin in `filters.py`.
"""
