"""From a folder, an upload or an archive to image records: walk, compare, plan, write.

Begin in `walk.py` and `compare.py`.
"""
