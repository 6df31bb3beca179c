"""Duplicates: near pairs of images, their groups, and what people decided about them.

Begin in `pairs.py` (how they are found) and `lookup.py` (what pages ask).
"""
