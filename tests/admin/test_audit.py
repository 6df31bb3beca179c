"""What people do to the site is written down, shown to who may read it, and changed by nobody."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import ApiToken, Dataset, Invitation
from tests.workers.conftest import pictures, start, work_off
from workers.models import Run

__all__ = ["pictures"]


def lines() -> list[tuple[str, str, str]]:
    """Who, what, and to which thing, the oldest first."""
    entries = LogEntry.objects.select_related("user").order_by("pk")
    return [(entry.user.username, entry.get_change_message(), entry.object_repr) for entry in entries]


@pytest.fixture
def signed_in(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def test_runs_that_somebody_starts_and_controls_are_written_down(signed_in: Client, pictures: Dataset) -> None:
    signed_in.post(reverse("run-start", args=[pictures.slug]), {"kind": "index"})
    run = Run.objects.get()
    signed_in.post(reverse("run-priority", args=[run.pk]), {"priority": "high"})
    signed_in.post(reverse("run-control", args=[run.pk, "cancel"]))
    assert lines() == [
        ("staff", f"Started run {run.pk}: {run.get_kind_display()}.", pictures.name),
        ("staff", "Gave the run high priority.", str(run)),
        ("staff", "Asked to cancel the run.", str(run)),
    ]


def test_a_run_that_nobody_asked_for_is_not(pictures: Dataset) -> None:
    start(pictures)
    assert lines() == []


def test_versions_made_live_and_deleted_are_written_down(signed_in: Client, pictures: Dataset) -> None:
    work_off(start(pictures))
    work_off(start(pictures, Run.Kind.REBUILD))
    LogEntry.objects.all().delete()
    signed_in.post(reverse("version-action", args=[pictures.slug, 1, "live"]))
    work_off(Run.objects.filter(state=Run.State.ACTIVE).first() or Run.objects.latest("pk"))
    signed_in.post(reverse("version-action", args=[pictures.slug, 2, "delete"]))
    said = [what for _, what, _ in lines()]
    assert "Made index version 1 live." in said
    assert said[-1] == "Deleted index version 2."


def test_tokens_are_written_down_without_their_secrets(signed_in: Client) -> None:
    answer = signed_in.post(reverse("tokens"), {"name": "a program", "scope": ["read"], "days": "30"})
    secret, token = answer.context["secret"], ApiToken.objects.get()
    signed_in.post(reverse("token-revoke", args=[token.pk]))
    assert [what for _, what, _ in lines()] == ["Made a token for read.", "Revoked the token."]
    assert secret not in str(list(LogEntry.objects.values()))


def test_roles_and_invitations_are_written_down(signed_in: Client, alice: User, pictures: Dataset) -> None:
    signed_in.post(reverse("people-action", args=[pictures.slug, "give"]), {"person": "alice", "role": "editor"})
    signed_in.post(reverse("people-action", args=[pictures.slug, "give"]), {"person": "nobody", "role": "editor"})
    signed_in.post(reverse("people-action", args=[pictures.slug, "withdraw"]), {"entry": "987654"})
    signed_in.post(reverse("invitations"), {"days": "1"})
    invitation = Invitation.objects.get()
    signed_in.post(reverse("invitation-revoke", args=[invitation.pk]))
    assert lines() == [
        ("staff", "alice may also tag, name clusters and decide on copies now.", pictures.name),
        ("staff", "Invited, for 1 day.", str(invitation)),
        ("staff", "Revoked the invitation.", str(invitation)),
    ]


def test_actions_of_lists_of_the_administration_are_written_down(signed_in: Client, pictures: Dataset) -> None:
    run = start(pictures)
    chosen = {"action": "cancel", "_selected_action": [run.pk]}
    assert signed_in.post(reverse("admin:workers_run_changelist"), chosen).status_code == 302
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    (line,) = lines()
    assert line[:2] == ("staff", "Action of the list: Cancel: stop within one batch, keep what is done")


def test_the_log_is_read_and_never_changed(signed_in: Client, pictures: Dataset) -> None:
    signed_in.post(reverse("run-start", args=[pictures.slug]), {"kind": "index"})
    entry = LogEntry.objects.get()
    page = signed_in.get(reverse("admin:admin_logentry_changelist"))
    assert page.status_code == 200
    assert entry.get_change_message() in page.content.decode()
    assert signed_in.get(reverse("admin:admin_logentry_add")).status_code == 403
    assert signed_in.post(reverse("admin:admin_logentry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403
    signed_in.post(reverse("admin:admin_logentry_change", args=[entry.pk]), {"change_message": "nothing happened"})
    chosen = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    signed_in.post(reverse("admin:admin_logentry_changelist"), chosen)
    assert LogEntry.objects.get().get_change_message() == entry.get_change_message()


def test_who_may_not_read_it_does_not_see_it(client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get(reverse("admin:admin_logentry_changelist")).status_code == 403
