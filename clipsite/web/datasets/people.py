"""The people of a dataset: who may see it and do what in it, for who manages it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.forms import parse_id
from clipsite.web.access.objects import managed_dataset_or_404
from search.errors import RoleRefused, UserError
from search.models import Dataset, DatasetRole
from search.permissions import roles
from search.permissions.audit_log import record

_NO_SUCH_ROLE = "This role was taken away already."


@require_safe
def people_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows the visibility of a dataset, and its people and groups."""
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
    """Does the action of a form of the page."""
    dataset = managed_dataset_or_404(request, slug)
    act = _ACTIONS.get(action)
    if act is None:
        raise Http404(f"There is no action {action[:40]!r} on people.")
    try:
        with transaction.atomic():
            sentence = act(request, dataset)
            if sentence != _NO_SUCH_ROLE:
                record(request.user, dataset, sentence)
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, sentence)
    return redirect("people", slug)


def _give(request: HttpRequest, dataset: Dataset) -> str:
    role = roles.give_person(dataset, request.POST.get("person", ""), request.POST.get("role", ""))
    return f"{role.person} {role.get_role_display()} now."


def _give_group(request: HttpRequest, dataset: Dataset) -> str:
    group_id = parse_id(request.POST.get("group", ""))
    group = roles.groups_known_to(request.user).filter(pk=group_id).first() if group_id is not None else None
    if group is None:
        raise RoleRefused("There is no such group here. Choose one of the list.")
    role = roles.give_group(dataset, group, request.POST.get("role", ""))
    return f"Members of {group.name} {role.get_role_display()} now."


def _withdraw(request: HttpRequest, dataset: Dataset) -> str:
    role_id = parse_id(request.POST.get("entry", ""))
    if role_id is None or not roles.withdraw(dataset, role_id):
        return _NO_SUCH_ROLE
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
