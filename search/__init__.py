"""Datasets, images, encoders, indexes and queries: what the product knows and how it searches."""
