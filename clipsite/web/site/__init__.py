"""What every request meets: ids, errors as pages or JSON, the refusal gate, health, metrics.

Begin in `errors.py` and `problems.py`.
"""
