"""From a query to ranked hits: request, search, relevance threshold, sorting, pages.

Begin in `request.py`, then `search.py` and `ranking.py`.
"""
