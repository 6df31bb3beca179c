"""Pages of collections: the list, one collection, adding images to it.

Begin in `detail.py`.
"""
