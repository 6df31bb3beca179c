"""Evaluation: how well a version finds images whose captions are known.

Begin in `evaluate.py`.
"""
