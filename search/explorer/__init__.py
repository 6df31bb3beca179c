"""What the explorer asks of a drawn map: colours, hits on it, exports, kept selections.

Begin in `hits.py`. Maps are drawn in `search/maps`.
"""
