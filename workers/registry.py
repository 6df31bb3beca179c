"""The registry of stages: each stage of a run is one object, and everything about it is read here.

The stages themselves stand in `workers/pipeline/stages/`, far above the models, whose choices they are. They are
registered when the site starts (`workers.apps`), so that no floor below them has to import them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from search.values import Report, StageOutcome

if TYPE_CHECKING:
    from workers.models import Batch, Run

Work = Callable[["Batch", Report], StageOutcome]

INGEST, DERIVE, EMBED, BUILD = "ingest", "derive", "embed", "build"
"""The stages on which the pipeline itself is built; no other is named outside its module."""

IMAGE_STAGES = (DERIVE, EMBED)
"""Their batches have images, overlap with each other, and come before the index is built."""

MAX_NAME = 8
"""Letters of a name: the width of the columns that hold it."""


@dataclass(frozen=True, slots=True)
class OwnRun:
    """The kind of run that exists for one stage, and how people read of it."""

    kind: Run.Kind
    verb: str
    """What it does to the images of the live version, as in "there is nothing to tag"."""

    summary: str
    """The sentence with which the run ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A step of a run: what it does, where, in which kinds of run, and what people call it.

    `name` stands in the database, in addresses and in the name of its Celery task, so it never changes. `work` may be
    killed at any moment and start again: it must find what it has done, not count on it.
    """

    name: str
    label: str
    """What people read, as a verb with its object: "assign tags"."""

    work: Work
    kinds: frozenset[Run.Kind]
    """The kinds of run that do this stage."""

    queue: str = "cpu"
    """The Celery queue: `gpu` for what encodes."""

    is_closing: bool = True
    """Whether it is one batch that begins when the stage before it is done."""

    needs_live_version: bool = True
    """Whether it works on what is live, so that a run does without it whose version does not go live."""

    has_speed: bool = True
    """Whether it goes image by image, so that images a second mean something."""

    product: str = ""
    """The noun of what a closing stage makes, for the words "plus index and map" beside the time left."""

    own_run: OwnRun | None = None

    @property
    def task(self) -> str:
        """The full name of its Celery task, which messages in the broker carry across a new version of the site."""
        return f"workers.tasks.{self.name}"


_stages: dict[str, Stage] = {}


def register_stage(stage: Stage) -> None:
    """Add a stage after those that are registered already, which is where it comes in a run.

    Raises ValueError for a name that is taken by another stage, or too long for the database.
    """
    if _stages.setdefault(stage.name, stage) is not stage:
        raise ValueError(f"Another stage is registered as {stage.name!r}.")
    if len(stage.name) > MAX_NAME:
        del _stages[stage.name]
        raise ValueError(f"The name {stage.name!r} has more than {MAX_NAME} letters.")


def register_stages(stages: Iterable[Stage]) -> None:
    """Register several stages in the order of a run."""
    for stage in stages:
        register_stage(stage)


def get_stage(name: str) -> Stage:
    """Return the stage of that name. Raises KeyError for one that is not registered."""
    return _stages[name]


def all_stages() -> tuple[Stage, ...]:
    """Return every stage in the order of a run."""
    return tuple(_stages.values())


def stages_of(kind: str) -> tuple[Stage, ...]:
    """Return the stages of a kind of run, in order."""
    return tuple(stage for stage in _stages.values() if kind in stage.kinds)


def closing_stages() -> tuple[Stage, ...]:
    """Return the stages that are one batch each and follow one another once all images are encoded, in order."""
    return tuple(stage for stage in _stages.values() if stage.is_closing)


def own_run_of(kind: str) -> OwnRun | None:
    """Return the OwnRun of a kind of run that exists for one stage; None for the other kinds."""
    return next((stage.own_run for stage in _stages.values() if stage.own_run and stage.own_run.kind == kind), None)


def stage_queues() -> tuple[str, ...]:
    """Return the Celery queues that batches are sent to, by name."""
    return tuple(sorted({stage.queue for stage in _stages.values()}))


def stage_names() -> list[str]:
    """Return the names of all stages, in order."""
    return list(_stages)


def stage_choices() -> list[tuple[str, str]]:
    """Return names and labels of all stages, as the fields of the models take them.

    The models hand Django this function rather than the list, so that a new stage needs no migration.
    """
    return [(stage.name, stage.label) for stage in _stages.values()]
