"""The records of the product; SQL is the truth and everything else is derived from it."""

from search.models.library import Dataset, Image
from search.models.serving import ServingProcess
from search.models.vectors import Embedding, EncoderRecord, IndexVersion, Projection

__all__ = ["Dataset", "Embedding", "EncoderRecord", "Image", "IndexVersion", "Projection", "ServingProcess"]
