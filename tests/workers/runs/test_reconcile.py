"""What the database says should be found, against what the index holds."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from search.models import Dataset, Embedding, Image
from search.versions.build import build_version
from search.versions.reconcile import Reconciliation, reconcile
from tests.conftest import FAKE_ENCODER
from tests.workers.conftest import start, work_off
from workers.models import Run
from workers.runs.reconcile import reconcile_all


@pytest.fixture
def indexed(pictures: Dataset) -> Dataset:
    work_off(start(pictures))
    return Dataset.objects.get(pk=pictures.pk)


def compared(dataset: Dataset) -> Reconciliation:
    found = reconcile(Dataset.objects.get(pk=dataset.pk))
    assert found is not None
    return found


def forget(dataset: Dataset, name: str) -> None:
    """An index that lacks one image, as after a restored backup of the index folder."""
    Image.objects.filter(dataset=dataset, name=name).update(state=Image.State.MISSING)
    build_version(dataset, FAKE_ENCODER)
    Image.objects.filter(dataset=dataset, name=name).update(state=Image.State.READY)


def test_after_a_run_both_agree(indexed: Dataset) -> None:
    found = compared(indexed)
    assert (found.missing, found.changed, found.orphans) == (0, 0, 0)
    assert found.sentence() == f"{indexed.name}: the index and the database agree."


def test_each_difference_is_counted(indexed: Dataset) -> None:
    forget(indexed, "red.png")
    Image.objects.filter(dataset=indexed, name="green.png").delete()
    Image.objects.filter(dataset=indexed, name="blue.png").update(checksum="f" * 64)
    found = compared(indexed)
    assert (found.missing, found.changed, found.orphans, found.is_complete) == (1, 1, 1, False)
    assert "1 image is missing, 1 has the vector of an earlier picture, 1 vector has no image any more." in (
        found.sentence()
    )


def test_what_is_only_too_much_needs_no_repair(indexed: Dataset) -> None:
    Embedding.objects.filter(image__dataset=indexed, image__name="red.png").delete()
    assert (compared(indexed).orphans, compared(indexed).is_complete) == (1, True)
    reconcile_all()
    assert not Run.objects.filter(state=Run.State.ACTIVE).exists()


def test_once_a_day_an_index_that_lacks_images_is_built_anew(indexed: Dataset) -> None:
    forget(indexed, "red.png")
    reconcile_all()
    run = Run.objects.get(state=Run.State.ACTIVE)
    assert (run.dataset, run.kind, run.priority) == (indexed, Run.Kind.REBUILD, Run.Priority.LOW)
    reconcile_all()
    work_off(run)
    assert compared(indexed).missing == 0


def test_the_doctor_reports_and_repairs(indexed: Dataset) -> None:
    call_command("doctor", "--index")
    forget(indexed, "red.png")
    with pytest.raises(CommandError, match="1 of 1 checks failed"):
        call_command("doctor", "--index", indexed.name)
    call_command("doctor", "--index", "--repair", indexed.name)
    work_off(Run.objects.get(state=Run.State.ACTIVE))
    out = StringIO()
    call_command("doctor", "--index", "--json", stdout=out)
    assert '"ok": true' in out.getvalue()


@pytest.mark.parametrize("arguments", [["name"], ["--repair"]])
def test_the_doctor_says_what_goes_together(arguments: list[str], db: None) -> None:
    with pytest.raises(CommandError, match="go with --index"):
        call_command("doctor", *arguments)
