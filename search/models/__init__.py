"""The records of the product; SQL is the truth and everything else is derived from it."""

from search.models.evaluation import Evaluation
from search.models.grouping import Collection, CollectionImage, ImageTag, Tag
from search.models.library import Dataset, Image
from search.models.serving import ServingProcess
from search.models.vectors import Embedding, EncoderRecord, IndexVersion, Projection

__all__ = [
    "Collection",
    "CollectionImage",
    "Dataset",
    "Embedding",
    "EncoderRecord",
    "Evaluation",
    "Image",
    "ImageTag",
    "IndexVersion",
    "Projection",
    "ServingProcess",
    "Tag",
]
