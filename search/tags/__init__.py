"""Tags: given by people, or assigned by the encoder from the words of a vocabulary.

Begin in `assign.py` and `by_hand.py`.
"""
