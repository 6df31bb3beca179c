"""The encoder family `starter`, which comes with the Python packages and needs no model hub.

Begin in `family.py`; `class_space.py` says how texts and images meet.
"""
