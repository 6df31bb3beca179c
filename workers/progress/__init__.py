"""What people see of a run: counters, rates, time left, events.

Begin in `state.py`; `publish.py` sends it to browsers.
"""
