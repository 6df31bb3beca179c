"""Background work: runs, their batches, progress and the error ledger; the Celery application and its tasks.

Begin in `runs/start.py` and `pipeline/execute.py`. Calls `search`, and nothing of `clipsite`.
"""
