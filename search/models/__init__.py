"""The records of the product; SQL is the truth and everything else is derived from it."""

from search.models.duplicates import Comparing, DistinctPair, DuplicateMember, KeptImage, NearPair
from search.models.grouping import Collection, CollectionImage, ImageTag, Tag
from search.models.library import Dataset, Image
from search.models.serving import ServingProcess
from search.models.tagging import RejectedTag, Tagging, Vocabulary
from search.models.vectors import Embedding, EncoderRecord, IndexVersion, Projection

__all__ = [
    "Collection",
    "CollectionImage",
    "Comparing",
    "Dataset",
    "DistinctPair",
    "DuplicateMember",
    "Embedding",
    "EncoderRecord",
    "Image",
    "ImageTag",
    "IndexVersion",
    "KeptImage",
    "NearPair",
    "Projection",
    "RejectedTag",
    "ServingProcess",
    "Tag",
    "Tagging",
    "Vocabulary",
]
