"""The admin: datasets, images, tags, collections, encoders, versions, runs, schedules, accounts and what people did."""

from clipsite.admin.accounts import AuthenticatorAdmin, UserSessionAdmin
from clipsite.admin.audit import LogEntryAdmin
from clipsite.admin.datasets import DatasetAdmin
from clipsite.admin.records import EncoderRecordAdmin, ImageAdmin, IndexVersionAdmin
from clipsite.admin.roles import DatasetRoleAdmin, InvitationAdmin
from clipsite.admin.runs import ImageFailureAdmin, RunAdmin
from clipsite.admin.schedules import ScheduleAdmin
from clipsite.admin.tags_and_collections import CollectionAdmin, TagAdmin
from clipsite.admin.tokens import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "AuthenticatorAdmin",
    "CollectionAdmin",
    "DatasetAdmin",
    "DatasetRoleAdmin",
    "EncoderRecordAdmin",
    "ImageAdmin",
    "ImageFailureAdmin",
    "IndexVersionAdmin",
    "InvitationAdmin",
    "LogEntryAdmin",
    "RunAdmin",
    "ScheduleAdmin",
    "TagAdmin",
    "UserSessionAdmin",
]
