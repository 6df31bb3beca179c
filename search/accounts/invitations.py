"""Invitations: creating, accepting and revoking them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from search.errors import InvitationRefused
from search.models import Dataset, DatasetRole, Invitation

LONGEST_DAYS = 90
_BYTES = 32
_RANK = {role: rank for rank, role in enumerate(DatasetRole.Role.values)}


def create_invitation(
    made_by: User, *, email: str = "", days: int = 7, dataset: Dataset | None = None, role: str = "viewer"
) -> tuple[Invitation, str]:
    """Creates an invitation; returns it with its secret, which is stored nowhere. Raises InvitationRefused."""
    email = email.replace("\0", "").strip()
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise InvitationRefused(f"{email[:120]!r} is no mail address. Leave it empty to get a link.") from error
    if not 1 <= days <= LONGEST_DAYS:
        raise InvitationRefused(f"An invitation is valid for 1 to {LONGEST_DAYS} days; {days} make no sense.")
    if role not in DatasetRole.Role.values:
        raise InvitationRefused(f"There is no role {role[:40]!r}; it is one of {', '.join(DatasetRole.Role.values)}.")
    secret = secrets.token_urlsafe(_BYTES)
    invitation = Invitation.objects.create(
        digest=digest_of(secret),
        email=email,
        made_by=made_by,
        dataset=dataset,
        role=role,
        expires_at=timezone.now() + timedelta(days=days),
    )
    return invitation, secret


def digest_of(secret: str) -> str:
    """Returns the digest of a secret, which is all that is stored; 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_invitations() -> QuerySet[Invitation]:
    """Returns the invitations that somebody may still accept, the newest first."""
    return Invitation.objects.filter(revoked_at=None, accepted_at=None, expires_at__gt=timezone.now())


def invitation_with(digest: str) -> Invitation | None:
    """Returns the open invitation of this digest, its dataset joined."""
    return open_invitations().select_related("dataset").filter(digest=digest).first()


def accept(digest: str, person: User) -> Invitation:
    """Uses an invitation up and gives the person its role. Raises InvitationRefused where another was faster."""
    with transaction.atomic():
        # One conditional update, so that of two who accept at the same moment only one gets an account.
        if not open_invitations().filter(digest=digest).update(accepted_at=timezone.now(), accepted_by=person):
            raise InvitationRefused("This invitation was used, revoked or has expired. Ask for another one.")
        invitation = Invitation.objects.select_related("dataset").get(digest=digest)
        if invitation.dataset is not None:
            _give(invitation.dataset, person, invitation.role)
        return invitation


def revoke(invitation: Invitation) -> bool:
    """Revokes an invitation. Returns whether it was open until now."""
    return bool(open_invitations().filter(pk=invitation.pk).update(revoked_at=timezone.now()))


def _give(dataset: Dataset, person: User, role: str) -> None:
    """Gives a person a role, unless they may do as much already: no invitation takes anything away."""
    current, is_new = DatasetRole.objects.get_or_create(dataset=dataset, person=person, defaults={"role": role})
    if not is_new and _RANK[current.role] < _RANK[role]:
        DatasetRole.objects.filter(pk=current.pk).update(role=role)
