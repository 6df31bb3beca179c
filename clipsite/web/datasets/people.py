"""Who may see a dataset and do what in it: the page for who manages it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.objects import managed_dataset_or_404
from search.errors import RoleRefused, UserError
from search.models import Dataset, DatasetRole
from search.permissions import roles
from search.permissions.audit_log import record

_NOTHING_TAKEN = "This role was taken away already."


@require_safe
def people_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Visibility, people and groups."""
    dataset = managed_dataset_or_404(request, slug)
    context = {
        "dataset": dataset,
        "entries": roles.roles_in(dataset),
        "roles": DatasetRole.Role.choices,
        "groups": roles.groups_known_to(request.user),
        "visibilities": Dataset.Visibility.choices,
    }
    return render(request, "search/people.html", context)


@require_POST
def act_on_people(request: HttpRequest, slug: str, action: str) -> HttpResponse:
    """What the forms of that page ask for."""
    dataset = managed_dataset_or_404(request, slug)
    act = _ACTIONS.get(action)
    if act is None:
        raise Http404(f"There is no action {action[:40]!r} on people.")
    try:
        with transaction.atomic():
            said = act(request, dataset)
            if said != _NOTHING_TAKEN:
                record(request.user, dataset, said)
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("people", slug)


def _give(request: HttpRequest, dataset: Dataset) -> str:
    given = roles.give_person(dataset, request.POST.get("person", ""), request.POST.get("role", ""))
    return f"{given.person} {given.get_role_display()} now."


def _give_group(request: HttpRequest, dataset: Dataset) -> str:
    named = request.POST.get("group", "")
    number = int(named) if named.isdecimal() and len(named) < 19 else 0
    group = roles.groups_known_to(request.user).filter(pk=number).first()
    if group is None:
        raise RoleRefused("There is no such group here. Choose one of the list.")
    given = roles.give_group(dataset, group, request.POST.get("role", ""))
    return f"Members of {group.name} {given.get_role_display()} now."


def _withdraw(request: HttpRequest, dataset: Dataset) -> str:
    named = request.POST.get("entry", "")
    if not (named.isdecimal() and len(named) < 19 and roles.withdraw(dataset, int(named))):
        return _NOTHING_TAKEN
    return "The role is taken away; it ends at once."


def _visibility(request: HttpRequest, dataset: Dataset) -> str:
    roles.change_visibility(dataset, request.POST.get("visibility", ""))
    return f"{dataset.name} is {dataset.visibility} now."


_ACTIONS: dict[str, Callable[[HttpRequest, Dataset], str]] = {
    "give": _give,
    "give-group": _give_group,
    "withdraw": _withdraw,
    "visibility": _visibility,
}
