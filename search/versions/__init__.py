"""The life of an index version: build, verify, go live, serve, compare, repair, prune.

Begin in `lifecycle.py`; `watcher.py` swaps versions in web processes.
"""
