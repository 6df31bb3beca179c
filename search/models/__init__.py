"""The records of the product; SQL is the truth and everything else is derived from it."""

from search.models.duplicates import Comparing, DistinctPair, DuplicateMember, KeptImage, NearPair
from search.models.evaluation import Evaluation
from search.models.grouping import Collection, CollectionImage, CollectionMember, ImageTag, Tag
from search.models.keeping import NoHistory, RecentSearch, SavedSearch
from search.models.library import Dataset, Image
from search.models.roles import DatasetRole, Invitation
from search.models.serving import ServingProcess
from search.models.tagging import RejectedTag, Tagging, Vocabulary
from search.models.tokens import ApiToken
from search.models.upkeep import Upkeep
from search.models.vectors import Embedding, EncoderRecord, IndexVersion, MapCluster, Projection

__all__ = [
    "ApiToken",
    "Collection",
    "CollectionImage",
    "CollectionMember",
    "Comparing",
    "Dataset",
    "DatasetRole",
    "DistinctPair",
    "DuplicateMember",
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
    "Upkeep",
    "Vocabulary",
]
