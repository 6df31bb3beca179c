"""Who may see and do what: visibility, roles and the log of what people did.

Begin in `visibility.py`; every query for somebody starts from it.
"""
