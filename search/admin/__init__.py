"""The admin: what people did, datasets, images, tags, collections, encoders, versions, invitations, tokens."""

from search.admin.accounts import AuthenticatorAdmin, UserSessionAdmin
from search.admin.audit import LogEntryAdmin
from search.admin.datasets import DatasetAdmin
from search.admin.grouping import CollectionAdmin, TagAdmin
from search.admin.records import EncoderRecordAdmin, ImageAdmin, IndexVersionAdmin
from search.admin.roles import DatasetRoleAdmin, InvitationAdmin
from search.admin.tokens import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "AuthenticatorAdmin",
    "CollectionAdmin",
    "DatasetAdmin",
    "DatasetRoleAdmin",
    "EncoderRecordAdmin",
    "ImageAdmin",
    "IndexVersionAdmin",
    "InvitationAdmin",
    "LogEntryAdmin",
    "TagAdmin",
    "UserSessionAdmin",
]
