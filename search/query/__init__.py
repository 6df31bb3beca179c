"""What a query says: its syntax, terms, pictures and vectors.

Begin in `syntax.py`.
"""
