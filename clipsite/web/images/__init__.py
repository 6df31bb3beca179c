"""The page and panel of one image, its tags and the searches that lead on from it.

Begin in `image.py`.
"""
