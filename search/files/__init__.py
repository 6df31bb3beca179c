"""Where files lie and the one way in which they are written: temporary name, fsync, rename.

Begin in `atomic.py`; `paths.py` names the folders, `cache.py` removes what was not used for long.
"""
