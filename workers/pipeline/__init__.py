"""How a run is carried out: stages, batches, leases, lost workers.

Begin in `execute.py` (one batch) and `advance.py` (what comes next).
"""
