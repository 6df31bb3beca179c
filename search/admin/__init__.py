"""The admin: datasets, images, tags, collections, encoders, index versions."""

from search.admin.datasets import DatasetAdmin
from search.admin.grouping import CollectionAdmin, TagAdmin
from search.admin.records import EncoderRecordAdmin, ImageAdmin, IndexVersionAdmin

__all__ = [
    "CollectionAdmin",
    "DatasetAdmin",
    "EncoderRecordAdmin",
    "ImageAdmin",
    "IndexVersionAdmin",
    "TagAdmin",
]
