"""Inviting people, for staff; and what an invited person finds behind their link."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from clipsite.web.accounts.sign_in import INVITED
from search.accounts.invitations import (
    LONGEST_DAYS,
    accept,
    create_invitation,
    digest_of,
    invitation_with,
    open_invitations,
    revoke,
)
from search.errors import InvitationRefused, ServiceUnavailable, UserError
from search.models import Dataset, DatasetRole, Invitation
from search.parsing import whole_number
from search.permissions.audit_log import ADDED, record
from search.permissions.visibility import managed_datasets

LIFETIMES = ((1, "a day"), (7, "a week"), (30, "30 days"), (LONGEST_DAYS, f"{LONGEST_DAYS} days"))
_MOST_ROWS = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitations_page(request: HttpRequest) -> HttpResponse:
    """Shows the open invitations, those that were accepted last, and a form; its link is shown once. Staff only."""
    staff = _staff_or_404(request)
    datasets = managed_datasets(staff).order_by("name")
    context: dict[str, Any] = {
        "datasets": datasets[:1000],
        "roles": DatasetRole.Role.choices,
        "lifetimes": LIFETIMES,
        "mail_is_sent": settings.MAIL_IS_SENT,
        "asked": request.POST,
    }
    status = 200
    if request.method == "POST":
        try:
            context["invitation"], context["link"] = _invite(request, staff)
        except UserError as error:
            context["error"], status = str(error), 400
    context["open"] = open_invitations().select_related("made_by", "dataset")[:_MOST_ROWS]
    accepted = Invitation.objects.filter(accepted_at__isnull=False).select_related("accepted_by", "dataset")
    context["accepted"] = accepted.order_by("-accepted_at")[:_MOST_ROWS]
    return render(request, "account/invitations.html", context, status=status)


@require_POST
def revoke_invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Revokes an invitation; staff only."""
    _staff_or_404(request)
    invitation = Invitation.objects.filter(pk=invitation_id).first()
    if invitation is None:
        raise Http404(f"There is no invitation {invitation_id}.")
    if revoke(invitation):
        record(request.user, invitation, "Revoked the invitation.")
        messages.success(request, "The invitation is revoked; its link opens nothing any more.")
    return redirect("invitations")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_page(request: HttpRequest, secret: str) -> HttpResponse:
    """Leads a guest to signing up; who is signed in already takes the role over with the account they have."""
    digest = digest_of(secret)
    invitation = invitation_with(digest)
    if invitation is None:
        return render(request, "account/invitation_closed.html", status=404)
    if not request.user.is_authenticated:
        request.session[INVITED] = digest
        query = {"email": invitation.email} if invitation.email else {}
        return redirect(reverse("account_signup", query=query))
    if request.method != "POST":
        return render(request, "account/invitation.html", {"invitation": invitation})
    accept(digest, request.user)
    if invitation.dataset is None:
        return redirect("home")
    messages.success(request, f"You have a role in {invitation.dataset.name} now.")
    return redirect("dataset", invitation.dataset.slug)


def _staff_or_404(request: HttpRequest) -> User:
    if not getattr(request.user, "is_staff", False):
        raise Http404("There is no such page here.")
    return cast("User", request.user)


def _invite(request: HttpRequest, staff: User) -> tuple[Invitation, str]:
    days = whole_number("days", request.POST.get("days", "7"), low=1, high=LONGEST_DAYS)
    # With its line in the log, or not at all.
    with transaction.atomic():
        invitation, secret = _created(request, staff, days)
    link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    if invitation.email:
        _send(invitation, link, staff)
    return invitation, link


def _created(request: HttpRequest, staff: User, days: int) -> tuple[Invitation, str]:
    invitation, secret = create_invitation(
        staff,
        email=request.POST.get("email", ""),
        days=days,
        dataset=_dataset(request, staff),
        role=request.POST.get("role", DatasetRole.Role.VIEWER),
    )
    record(staff, invitation, f"Invited, for {days} day{'' if days == 1 else 's'}.", ADDED)
    return invitation, secret


def _dataset(request: HttpRequest, staff: User) -> Dataset | None:
    slug = request.POST.get("dataset", "")
    if not slug:
        return None
    dataset = managed_datasets(staff).filter(slug=slug).first()
    if dataset is None:
        raise InvitationRefused(f"There is no dataset {slug[:60]!r} here. Choose one of the list.")
    return dataset


def _send(invitation: Invitation, link: str, staff: User) -> None:
    context = {"invitation": invitation, "link": link, "staff": staff}
    words = render_to_string("account/email/invitation.txt", context)
    try:
        send_mail("clipsite: you are invited", words, None, [invitation.email])
    except OSError as error:
        revoke(invitation)
        raise ServiceUnavailable(
            f"The mail server did not take the letter ({error}). Check CLIPSITE_EMAIL_URL, or leave the address empty "
            "and hand the link on yourself."
        ) from error
