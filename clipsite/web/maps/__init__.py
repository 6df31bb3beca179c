"""The explorer's page and the data its scripts ask for: points, colours, tiles, selections.

Begin in `explorer.py`; `access.py` says which map somebody may see.
"""
