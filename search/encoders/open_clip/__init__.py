"""The encoder family `open_clip`: CLIP models with published or own weights.

Begin in `family.py`. Only this folder imports open_clip.
"""
