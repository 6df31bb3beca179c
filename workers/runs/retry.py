"""The error ledger as people see and use it: filtered, counted by reason, tried again, ignored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, QuerySet

from search.errors import InvalidQuery, RunRefused
from search.models import Dataset
from workers.ledger import entries as ledger_entries
from workers.models import ImageFailure, Run
from workers.registry import all_stages, stage_names
from workers.runs.start import start_run

State = ImageFailure.State
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """A filter of the entries of a dataset; an empty field filters nothing.

    `reason` is a whole reason, `words` and `name` are parts of one.
    """

    state: str = ""
    stage: str = ""
    reason: str = ""
    words: str = ""
    name: str = ""

    def of(self, dataset: Dataset) -> QuerySet[ImageFailure]:
        """Return a dataset's entries that fit, the latest first. Raises InvalidQuery for an unknown state or stage."""
        lookups = {
            "state": _choice("state", self.state, State.values),
            "stage": _choice("stage", self.stage, stage_names()),
            "reason": self.reason,
            "reason__icontains": self.words,
            "name__icontains": self.name,
        }
        conditions = {field: value for field, value in lookups.items() if value}
        return ImageFailure.objects.filter(dataset=dataset, **conditions).order_by("-last_at", "-pk")

    def as_parameters(self) -> dict[str, str]:
        """Return the fields that are not empty, as an address or a form carries them."""
        return {field: value for field, value in asdict(self).items() if value}


def read_filter(parameters: Mapping[str, str]) -> FailureFilter:
    """Read the filter of an address or a form."""
    # A database refuses the character NUL, which no name and no reason holds.
    return FailureFilter(**{one.name: parameters.get(one.name, "").replace("\0", "") for one in fields(FailureFilter)})


def _choice(what: str, value: str, known: list[str]) -> str:
    if value and value not in known:
        raise InvalidQuery(f"There is no {what} {value[:40]!r}; it is one of {', '.join(known)}.")
    return value


@dataclass(frozen=True, slots=True)
class Group:
    """A state, stage or reason, and how many entries share it."""

    value: str
    label: str
    count: int


def by_state(dataset: Dataset, criteria: FailureFilter) -> list[Group]:
    """Count the states among the entries that fit the rest of the filter."""
    counts = _counts(replace(criteria, state="").of(dataset), "state")
    return [Group(state.value, state.label, counts[state]) for state in State if state in counts]


def by_stage(dataset: Dataset, criteria: FailureFilter) -> list[Group]:
    """Count the stages among the entries that fit the rest of the filter."""
    counts = _counts(replace(criteria, stage="").of(dataset), "stage")
    return [Group(stage.name, stage.label, counts[stage.name]) for stage in all_stages() if stage.name in counts]


def by_reason(dataset: Dataset, criteria: FailureFilter, most: int) -> list[Group]:
    """Count the commonest reasons among the entries that fit the rest of the filter; thousands may share one."""
    grouped = replace(criteria, reason="").of(dataset).order_by().values_list("reason").annotate(count=Count("pk"))
    return [Group(reason, reason, count) for reason, count in grouped.order_by("-count", "reason")[:most]]


def _counts(entries: QuerySet[ImageFailure], field: str) -> dict[str, int]:
    return dict(entries.order_by().values_list(field).annotate(count=Count("pk")))


def without_ignored(entries: QuerySet[ImageFailure], criteria: FailureFilter) -> QuerySet[ImageFailure]:
    """Return the entries that "all" means to a retry: without ignored ones, unless the filter selects just those."""
    return entries if criteria.state == State.IGNORED else entries.exclude(state=State.IGNORED)


def retry(dataset: Dataset, entries: QuerySet[ImageFailure], *, requested_by: User | None = None) -> Run:
    """Start a run that tries these files of the dataset again; if it cannot start, the entries stay as they are.

    Raises RunRefused, also when there is no such file, and what else `start_run` raises.
    """

    def mark(_run: Run) -> None:
        if not entries.filter(dataset=dataset).order_by().update(state=State.RETRYING):
            raise RunRefused("None of these files is in the ledger any more, so there is nothing to try again.")

    return start_run(dataset, Run.Kind.RETRY, requested_by=requested_by, in_same_commit=mark)


def ignore(entries: QuerySet[ImageFailure]) -> int:
    """Ignore these files, which runs skip and do not count until they change; return how many are new to it."""
    ids = list(entries.exclude(state=State.IGNORED).order_by().values_list("pk", flat=True))
    ignored = 0
    for start in range(0, len(ids), _AT_ONCE):
        chunk = ImageFailure.objects.filter(pk__in=ids[start : start + _AT_ONCE])
        with transaction.atomic():
            ignored += chunk.exclude(state=State.IGNORED).update(state=State.IGNORED)
            ledger_entries.fail_ignored_images(chunk)
    return ignored


def stop_ignoring(entries: QuerySet[ImageFailure]) -> int:
    """Open ignored entries, so that the next run tries their files again; return how many were ignored."""
    return entries.filter(state=State.IGNORED).order_by().update(state=State.OPEN)
