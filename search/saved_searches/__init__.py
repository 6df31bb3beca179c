"""Searches that people save, and the history of their latest ones.

Begin in `saved_searches.py`.
"""
