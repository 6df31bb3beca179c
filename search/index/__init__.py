"""Vector indexes: what one is, and the store that publishes, verifies and opens versions.

Begin in `base.py` and `store.py`. A backend has a folder: `faiss`, `milvus`.
"""
