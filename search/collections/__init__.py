"""Collections: images that a person put together, of any datasets.

Begin in `collections.py`; `membership.py` fills and empties them.
"""
