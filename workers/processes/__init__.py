"""Worker processes: who they are, what they compute on, whether they live.

Begin in `heartbeat.py`.
"""
