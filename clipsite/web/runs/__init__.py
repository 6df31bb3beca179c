"""Pages of background work: the dashboard, one run, the error ledger.

Begin in `views.py`.
"""
