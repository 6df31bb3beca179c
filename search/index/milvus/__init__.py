"""The backend `milvus`: vectors on a server that many machines share.

Begin in `backend.py`. Only this folder imports pymilvus.
"""
