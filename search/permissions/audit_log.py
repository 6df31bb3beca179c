"""Who did what to the site: lines that only grow, in the log that Django's administration writes as well."""

from __future__ import annotations

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from search.permissions.visibility import Person

ADDED, CHANGED, DELETED = ADDITION, CHANGE, DELETION
_LONGEST_NAME = 200


def record(person: Person | None, thing: Model, sentence: str, kind: int = CHANGED) -> None:
    """Writes a line of the audit log: what somebody did to `thing`. Without a person (a schedule), nothing is written.

    Call it in the commit of the deed, so that one stands or falls with the other. Never give it a secret.
    """
    if person is None or person.pk is None:
        return
    LogEntry.objects.create(
        user_id=person.pk,
        content_type=ContentType.objects.get_for_model(thing),
        object_id=str(thing.pk),
        object_repr=str(thing)[:_LONGEST_NAME],
        action_flag=kind,
        change_message=sentence,
    )
