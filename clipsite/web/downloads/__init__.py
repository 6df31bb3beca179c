"""Bytes on their way out: image files, exports, archives as a stream.

Begin in `delivery.py`. Who may see a file is decided in `search.permissions`, not here.
"""
