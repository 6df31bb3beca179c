"""Pictures in a bucket: the site's own files, synced with an S3-compatible store.

Begin in `sync.py`; only `client.py` knows the client.
"""
