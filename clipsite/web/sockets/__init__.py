"""Live progress: a relay in each web process hands what runs publish to those who may see it.

Begin in `consumers.py`.
"""
