"""Runs as a whole: start, pause, cancel, retry, schedule, repair.

Begin in `start.py`; nothing else makes a run.
"""
