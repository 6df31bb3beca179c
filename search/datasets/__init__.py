"""Datasets: make, describe, measure and delete them.

Begin in `create.py`.
"""
