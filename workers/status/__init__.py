"""The state of the whole site for dashboard and metrics.

Begin in `state.py`.
"""
