"""Another encoder is built beside the live version and waits for a look, unless told otherwise."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from search.models import Dataset, IndexVersion
from tests.conftest import FAKE_ENCODER
from tests.versions.versioned import OTHER_ENCODER, fresh
from tests.workers.conftest import start, work_off
from workers.models import Run


@pytest.fixture
def indexed(pictures: Dataset) -> Dataset:
    work_off(start(pictures))
    return fresh(pictures)


def reindex(*options: str) -> Run:
    call_command("reindex", "Pictures", *options)
    return work_off(Run.objects.latest("pk"))


def live(dataset: Dataset) -> IndexVersion:
    version = fresh(dataset).live_version
    assert version is not None
    return version


def test_another_encoder_waits_for_a_look(indexed: Dataset) -> None:
    run = reindex("--encoder", OTHER_ENCODER)
    assert (run.state, run.stage_only) == (Run.State.DONE, True)
    assert run.message.startswith("Version 2 with 4 images waits for a look, version 1 stays live.")
    assert live(indexed).number == 1
    held = indexed.versions.get(number=2)
    assert (held.state, held.encoder.name) == (IndexVersion.State.READY, OTHER_ENCODER)
    assert not run.stages.filter(stage="project").exists()


def test_with_switch_it_goes_live_at_once(indexed: Dataset) -> None:
    run = reindex("--encoder", OTHER_ENCODER, "--switch")
    assert (run.state, run.stage_only) == (Run.State.DONE, False)
    assert (live(indexed).number, live(indexed).encoder.name) == (2, OTHER_ENCODER)


@pytest.mark.parametrize("options", [(), ("--encoder", FAKE_ENCODER)])
def test_the_same_encoder_goes_live_at_once(indexed: Dataset, options: tuple[str, ...]) -> None:
    assert not reindex(*options).stage_only
    assert live(indexed).number == 2


def test_the_first_version_of_a_dataset_goes_live_whatever_its_encoder(pictures: Dataset) -> None:
    assert not reindex("--encoder", OTHER_ENCODER).stage_only
    assert live(pictures).encoder.name == OTHER_ENCODER


def test_runs_after_a_held_one_go_on_with_the_live_encoder(indexed: Dataset) -> None:
    reindex("--encoder", OTHER_ENCODER)
    run = reindex()
    assert run.encoder == FAKE_ENCODER
    assert live(indexed).number == 3
