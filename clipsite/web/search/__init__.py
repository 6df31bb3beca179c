"""The search page: composer, filters, results, history, saved searches, query pictures.

Begin in `results.py`.
"""
