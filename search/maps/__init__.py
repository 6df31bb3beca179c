"""Maps, drawn by UMAP in a child process or extended by new images: clusters, names, tiles.

Begin in `draw.py`. The mathematics is in `search/projection`.
"""
