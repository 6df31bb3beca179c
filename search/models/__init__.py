"""The records of the product; SQL is the truth and everything else is derived from it."""

from search.models.accounts import ApiToken, Invitation
from search.models.collections import Collection, CollectionImage, CollectionMember
from search.models.datasets import Dataset, Image
from search.models.disk_usage import DatasetUsage
from search.models.duplicates import DistinctPair, DuplicateMember, DuplicateScan, KeptImage, NearPair
from search.models.embeddings import Embedding, EncoderRecord
from search.models.evaluation import Evaluation
from search.models.maps import MapCluster, Projection
from search.models.permissions import DatasetRole
from search.models.saved_searches import NoHistory, RecentSearch, SavedSearch
from search.models.tags import ImageTag, RejectedTag, Tag, Tagging, Vocabulary
from search.models.versions import IndexVersion, ServingProcess

__all__ = [
    "ApiToken",
    "Collection",
    "CollectionImage",
    "CollectionMember",
    "Dataset",
    "DatasetRole",
    "DatasetUsage",
    "DistinctPair",
    "DuplicateMember",
    "DuplicateScan",
    "Embedding",
    "EncoderRecord",
    "Evaluation",
    "Image",
    "ImageTag",
    "IndexVersion",
    "Invitation",
    "KeptImage",
    "MapCluster",
    "NearPair",
    "NoHistory",
    "Projection",
    "RecentSearch",
    "RejectedTag",
    "SavedSearch",
    "ServingProcess",
    "Tag",
    "Tagging",
    "Vocabulary",
]
