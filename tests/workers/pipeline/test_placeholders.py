"""Images that were resized before there were placeholders get theirs in the next index run."""

from __future__ import annotations

from search.models import Dataset, Embedding, Image
from tests.workers.conftest import start, work_off
from workers.models import Run
from workers.registry import EMBED


def test_the_next_run_fills_them_in_and_encodes_nothing(pictures: Dataset) -> None:
    work_off(start(pictures))
    encoded = list(Embedding.objects.order_by("pk").values_list("pk", "vector"))
    Image.objects.update(placeholder="")
    run = work_off(start(pictures))
    assert run.state == Run.State.DONE
    assert not pictures.images.filter(state=Image.State.READY, placeholder="").exists()
    assert list(Embedding.objects.order_by("pk").values_list("pk", "vector")) == encoded
    assert not run.batches.filter(stage=EMBED).exists()
