"""The admin: the log of what people did, datasets, images, tags, collections, encoders, index versions, tokens."""

from search.admin.audit import LogEntryAdmin
from search.admin.datasets import DatasetAdmin
from search.admin.grouping import CollectionAdmin, TagAdmin
from search.admin.records import EncoderRecordAdmin, ImageAdmin, IndexVersionAdmin
from search.admin.tokens import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "CollectionAdmin",
    "DatasetAdmin",
    "EncoderRecordAdmin",
    "ImageAdmin",
    "IndexVersionAdmin",
    "LogEntryAdmin",
    "TagAdmin",
]
