"""Errors whose message is a sentence for the person who asked: what is wrong, and the way out."""

from __future__ import annotations


class UserError(Exception):
    """Something that the person who asked can put right; shown as it is on pages, in the API and on the console.

    `public` is the text for readers who are not to know the folders of the server, such as those of a run's log; it
    differs from the message only where the error was made with both.
    """

    def __init__(self, message: str = "", *, public: str = "") -> None:
        super().__init__(message)
        self.public = public or message


class InvalidSource(UserError):
    """A folder, file or archive that cannot become a dataset."""


class UnreadableImage(UserError):
    """One file that is no picture, or a broken or oversized one."""


class UnknownDataset(UserError):
    """No dataset of that name that the person may see."""


class UnknownCollection(UserError):
    """No collection of that name or number that the person may see."""


class KeepingRefused(UserError):
    """A collection, a saved search or an export that cannot be made or changed as asked."""


class RoleRefused(UserError):
    """A role in a dataset that cannot be given or taken as asked."""


class InvitationRefused(UserError):
    """An invitation that cannot be made as asked, or that opens nothing any more."""


class UnknownImage(UserError):
    """No image of that number that the person may see."""


class UnknownMap(UserError):
    """A map that is not there, or no longer, or a point beyond it."""


class UnknownSelection(UserError):
    """A selection on a map that is no longer kept, or belongs to somebody else."""


class NotSearchable(UserError):
    """A dataset without a live index version."""


class InvalidQuery(UserError):
    """A query that cannot be answered as it stands."""


class BadTerm(InvalidQuery):
    """A query of which a term, or all of them together, cannot be used as they stand."""


class UnknownEncoder(UserError):
    """An encoder name that no family understands."""


class EncoderUnavailable(UserError):
    """An encoder that is known but cannot be loaded here: no weights, or weights that do not fit."""


class IndexDamaged(UserError):
    """Files of an index version that fail verification."""


class VersionRefused(UserError):
    """An index version that cannot become live, or cannot go, as things stand."""


class RunRefused(UserError):
    """A run that cannot start now."""


class ServiceUnavailable(UserError):
    """Valkey, the database or a worker does not answer."""


class DiskFull(ServiceUnavailable):
    """A disk on which nothing can be written until somebody makes room."""


class BucketUnavailable(ServiceUnavailable):
    """The bucket that holds the pictures does not answer, or refuses."""


class InvalidToken(UserError):
    """A token of the API that cannot be made as it was asked for."""


class TokenRefused(UserError):
    """A token that opens nothing, or none where one is needed."""


class AccessRefused(UserError):
    """Something that who asks may see, but not do; `scope` is what a token lacks, if that is the reason."""

    def __init__(self, message: str, *, scope: str = "") -> None:
        super().__init__(message)
        self.scope = scope


class TooManyRequests(UserError):
    """Somebody has asked too often; they may ask again in `seconds`."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class BackupRefused(UserError):
    """A backup that cannot be made or restored as asked."""
