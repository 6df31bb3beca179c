"""Embeddings: the vectors of images, from thumbnail to row of the database.

Begin in `encode_images.py`.
"""
