"""The admin: datasets, images, encoders, index versions."""

from search.admin.datasets import DatasetAdmin
from search.admin.records import EncoderRecordAdmin, ImageAdmin, IndexVersionAdmin

__all__ = ["DatasetAdmin", "EncoderRecordAdmin", "ImageAdmin", "IndexVersionAdmin"]
