"""Which version is live, how long others are kept, going back, and what is done about damage."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from clipsite.operations.doctor import Finding, diagnose
from search.errors import InvalidQuery, NotSearchable, VersionRefused
from search.files.paths import index_folder
from search.models import Dataset, IndexVersion, ServingProcess
from search.query.question import text_question
from search.retrieval.search import search_text
from search.versions import serving
from search.versions.comparison import compare_versions
from search.versions.lifecycle import (
    KEPT_VERSIONS,
    delete_version,
    prune_all,
    prune_versions,
    switch_to,
    version_numbered,
)
from search.versions.overview import index_alerts, overview
from tests.conftest import FAKE_ENCODER, MakeDataset
from tests.versions.versioned import COLOURS, OTHER_ENCODER, add_images, build, flip_a_byte, fresh


@pytest.fixture
def dataset(make_dataset: MakeDataset, tmp_path: Path) -> Dataset:
    made = make_dataset(tmp_path)
    add_images(made, *COLOURS[:4])
    build(made)
    return fresh(made)


def numbers(dataset: Dataset) -> list[int]:
    return list(dataset.versions.order_by("number").values_list("number", flat=True))


def folders(dataset: Dataset) -> list[str]:
    return sorted(folder.name for folder in (Path(settings.INDEXES_DIR) / str(dataset.pk)).iterdir())


def finding_of_the_indexes() -> Finding:
    return next(finding for finding in diagnose() if finding.subject == "indexes")


def test_a_held_version_waits_while_the_live_one_answers(dataset: Dataset) -> None:
    held = build(dataset, OTHER_ENCODER, stage_only=True)
    assert held.state == IndexVersion.State.READY
    assert search_text(fresh(dataset), "red", k=1).version.number == 1
    switch_to(fresh(dataset), held)
    results = search_text(fresh(dataset), "red", k=1)
    assert (results.version.number, results.version.encoder.name) == (2, OTHER_ENCODER)


def test_going_back_is_one_switch(dataset: Dataset) -> None:
    add_images(dataset, "navy")
    build(dataset)
    assert search_text(fresh(dataset), "navy", k=1).hits[0].image.name == "navy.png"
    switch_to(fresh(dataset), version_numbered(dataset, 1))
    assert search_text(fresh(dataset), "navy", k=1).version.number == 1
    switch_to(fresh(dataset), version_numbered(dataset, 2))
    assert search_text(fresh(dataset), "navy", k=1).version.number == 2


@pytest.mark.parametrize("state", [IndexVersion.State.BUILDING, IndexVersion.State.FAILED])
def test_a_version_that_is_not_ready_does_not_go_live(dataset: Dataset, state: str) -> None:
    other = build(dataset, stage_only=True)
    IndexVersion.objects.filter(pk=other.pk).update(state=state)
    other.refresh_from_db()
    with pytest.raises(VersionRefused, match="What is live stays live"):
        switch_to(dataset, other)
    assert fresh(dataset).live_version_id == dataset.live_version_id


def test_a_damaged_version_does_not_go_live_and_is_marked(dataset: Dataset) -> None:
    other = build(dataset, stage_only=True)
    flip_a_byte(other)
    with pytest.raises(VersionRefused, match="damaged"):
        switch_to(dataset, other)
    other.refresh_from_db()
    assert other.state == IndexVersion.State.DAMAGED


def test_files_that_were_put_back_can_go_live_again(dataset: Dataset) -> None:
    other = build(dataset, stage_only=True)
    saved = {file: file.read_bytes() for file in index_folder(other.path).iterdir()}
    flip_a_byte(other)
    with pytest.raises(VersionRefused):
        switch_to(dataset, other)
    for file, content in saved.items():
        file.write_bytes(content)
    switch_to(dataset, IndexVersion.objects.get(pk=other.pk))
    assert fresh(dataset).live_version_id == other.pk


def test_an_unknown_number_names_those_that_there_are(dataset: Dataset) -> None:
    with pytest.raises(VersionRefused, match="It has 1"):
        version_numbered(dataset, 9)


def test_old_versions_go_with_their_files(dataset: Dataset) -> None:
    for _ in range(4):
        build(dataset)
    assert numbers(dataset) == [3, 4, 5]
    assert folders(dataset) == ["3", "4", "5"]


def test_a_version_that_somebody_went_back_to_is_kept(dataset: Dataset) -> None:
    for _ in range(2):
        build(dataset)
    switch_to(dataset, version_numbered(dataset, 1))
    for _ in range(KEPT_VERSIONS):
        build(dataset, stage_only=True)
    assert numbers(dataset) == [1, 4, 5, 6]


def test_files_stay_as_long_as_a_slow_process_serves_them(dataset: Dataset) -> None:
    assert dataset.live_version_id is not None
    serving.announce("slow:1", {dataset.pk: dataset.live_version_id})
    for _ in range(4):
        build(dataset)
    assert numbers(dataset) == [1, 3, 4, 5]
    assert overview(fresh(dataset))[-1].served_by == ("slow:1",)
    prune_all()
    assert folders(dataset) == ["1", "3", "4", "5"]
    serving.announce("slow:1", {dataset.pk: version_numbered(dataset, 5).pk})
    prune_all()
    assert numbers(dataset) == [3, 4, 5]
    assert folders(dataset) == ["3", "4", "5"]


def test_a_process_that_says_nothing_any_more_holds_nothing(dataset: Dataset) -> None:
    assert dataset.live_version_id is not None
    serving.announce("dead:1", {dataset.pk: dataset.live_version_id})
    ServingProcess.objects.update(seen_at=timezone.now() - serving.FRESH - timedelta(seconds=1))
    for _ in range(3):
        build(dataset)
    assert numbers(dataset) == [2, 3, 4]
    serving.drop_stale()
    assert not ServingProcess.objects.exists()


def test_what_is_live_or_served_is_not_deleted(dataset: Dataset) -> None:
    held = build(dataset, stage_only=True)
    serving.announce("web:1", {dataset.pk: held.pk})
    for version, reason in ((dataset.live_version, "is live"), (held, "still served")):
        assert version is not None
        with pytest.raises(VersionRefused, match=reason):
            delete_version(dataset, version)
    serving.withdraw("web:1")
    delete_version(dataset, held)
    assert (numbers(dataset), folders(dataset)) == ([1], ["1"])


def test_what_is_being_built_is_not_deleted(dataset: Dataset) -> None:
    building = build(dataset, stage_only=True)
    building.state = IndexVersion.State.BUILDING
    with pytest.raises(VersionRefused, match="being built"):
        delete_version(dataset, building)


def test_the_next_build_sweeps_what_a_dead_publisher_left(dataset: Dataset) -> None:
    home = Path(settings.INDEXES_DIR) / str(dataset.pk)
    (home / ".2.abcdef").mkdir()
    (home / ".2.abcdef" / "half.faiss").write_bytes(b"half")
    (home / "77").mkdir()
    build(dataset)
    assert folders(dataset) == ["1", "2"]


def test_damage_is_an_alert_until_a_newer_version_is_live(dataset: Dataset) -> None:
    flip_a_byte(build(dataset))
    assert search_text(fresh(dataset), "red", k=1).version.number == 1
    (alert,) = index_alerts(Dataset.objects.all())
    assert "version 2 are damaged. Version 1 of" in alert.sentence()
    finding = finding_of_the_indexes()
    assert not finding.ok
    assert "version 2 are damaged" in finding.sentence
    prune_versions(dataset)
    assert numbers(dataset) == [1, 2]
    build(dataset)
    assert index_alerts(Dataset.objects.all()) == []
    assert numbers(dataset) == [1, 3]


def test_the_alert_of_a_dataset_without_an_intact_version_says_so(dataset: Dataset) -> None:
    assert dataset.live_version is not None
    flip_a_byte(dataset.live_version)
    assert "cannot be searched" in finding_of_the_indexes().sentence
    assert "cannot be searched" in index_alerts(Dataset.objects.all())[0].sentence()


def test_two_versions_are_asked_the_same(dataset: Dataset) -> None:
    add_images(dataset, "navy")
    second = build(dataset, OTHER_ENCODER, stage_only=True)
    assert dataset.live_version_id is not None
    compared = compare_versions(dataset, text_question("a navy"), dataset.live_version_id, second.pk, k=3)
    assert [side.version.number for side in (compared.left, compared.right)] == [1, 2]
    assert compared.right.hits[0].image.name == "navy.png"
    assert not compared.right.hits[0].is_shared
    assert compared.shared == 2
    assert compared.left.search_ms > 0


def test_a_comparison_leaves_out_what_was_deleted_and_is_not_short(dataset: Dataset) -> None:
    dataset.images.filter(name="red.png").delete()
    second = build(dataset, stage_only=True)
    assert dataset.live_version_id is not None
    compared = compare_versions(dataset, text_question("red"), dataset.live_version_id, second.pk, k=3)
    assert [hit.image.name for hit in compared.left.hits] == [hit.image.name for hit in compared.right.hits]
    assert compared.shared == 3


@pytest.mark.parametrize(("text", "k"), [("", 3), ("x" * 501, 3), ("red", 0), ("red", 10**6)])
def test_a_comparison_of_nothing_or_too_much_is_refused(dataset: Dataset, text: str, k: int) -> None:
    assert dataset.live_version_id is not None
    with pytest.raises(InvalidQuery):
        compare_versions(dataset, text_question(text), dataset.live_version_id, dataset.live_version_id, k=k)


def test_a_version_that_is_not_ready_is_not_compared(dataset: Dataset) -> None:
    building = build(dataset, stage_only=True)
    IndexVersion.objects.filter(pk=building.pk).update(state=IndexVersion.State.BUILDING)
    assert dataset.live_version_id is not None
    with pytest.raises(NotSearchable):
        compare_versions(dataset, text_question("red"), dataset.live_version_id, building.pk, k=3)


def test_the_encoder_of_the_next_build_is_that_of_the_version_gone_back_to(dataset: Dataset) -> None:
    build(dataset, OTHER_ENCODER)
    switch_to(fresh(dataset), version_numbered(dataset, 1))
    live = fresh(dataset).live_version
    assert live is not None
    assert live.encoder.name == FAKE_ENCODER
