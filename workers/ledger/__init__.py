"""The error ledger: one entry for every file that cannot be used.

Begin in `entries.py`.
"""
