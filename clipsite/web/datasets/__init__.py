"""Pages of a dataset: library, people, versions, evaluations, duplicates.

Begin in `library.py`.
"""
