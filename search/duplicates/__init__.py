"""Duplicates: near pairs of images, their groups, and what people decided about them.

Begin in `pairs.py`, which finds them, and `lookup.py`, which pages ask.
"""
