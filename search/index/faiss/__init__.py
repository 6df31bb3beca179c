"""The backend `faiss`: index files in a folder, flat or IVF, in segments.

Begin in `backend.py`. Only this folder imports faiss.
"""
