"""The library: datasets, images, encoders, indexes and queries; a folder a subject.

Begin in `retrieval/` (a search) or `ingest/` (an image). Knows nothing of Celery, requests, `workers` or `clipsite`.
"""
