"""Copies are found, grouped, decided about, and shown once in results; nothing is compared twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from PIL import Image as Pillow

from search.duplicates import decisions, lookup
from search.duplicates.groups import choose_distance, regroup
from search.duplicates.lookup import DuplicateGroup, Kind, duplicates_of, group_page
from search.duplicates.pairs import MOST_DISTANCE, NEAR_DISTANCE, find_duplicates
from search.errors import InvalidQuery, NotSearchable
from search.ingest.compare import SeenImages
from search.ingest.records import mark_missing
from search.models import Collection, Dataset, DistinctPair, DuplicateMember, DuplicateScan, Image, NearPair
from search.query.question import like_question, text_question
from search.retrieval.search import search
from search.values import Filters
from tests.conftest import MakeDataset
from tests.ingest.copies import compare, index, named, put_photographs

COFFEES = {"coffee.png", "coffee equal.png", "coffee small.jpg", "coffee dark.jpg", "coffee mirrored.jpg"}
CATS = {"cat.jpg", "cat equal.jpg"}


@pytest.fixture
def dataset(make_dataset: MakeDataset, tmp_path: Path) -> Dataset:
    put_photographs(tmp_path / "photos")
    indexed = index(make_dataset(tmp_path / "photos"))
    assert compare(indexed) == 6
    return indexed


def names(group: DuplicateGroup) -> set[str]:
    return {image.name for image in group.images}


def groups(dataset: Dataset, kind: Kind = Kind.NEAR) -> list[DuplicateGroup]:
    return group_page(dataset, kind).groups


def test_equal_files_and_near_copies_are_kept_apart(dataset: Dataset) -> None:
    assert [names(group) for group in groups(dataset)] == [COFFEES]
    exact = sorted(names(group) for group in groups(dataset, Kind.EXACT))
    assert sorted(map(sorted, exact)) == [sorted(CATS), ["coffee equal.png", "coffee.png"]]
    assert lookup.counts(dataset, Kind.NEAR) == (1, 5)
    assert lookup.counts(dataset, Kind.EXACT) == (2, 4)


def test_the_largest_and_oldest_is_the_one_to_keep(dataset: Dataset) -> None:
    assert groups(dataset)[0].images[0].name in {"coffee.png", "coffee equal.png"}
    assert groups(dataset)[0].images[-1].name == "coffee small.jpg"


def test_an_image_knows_its_copies_and_how_alike_they_are(dataset: Dataset) -> None:
    copies = duplicates_of(named(dataset, "coffee.png"))
    assert {copy.image.name for copy in copies} == COFFEES - {"coffee.png"}
    assert [copy.kind for copy in copies] == [Kind.EXACT, Kind.NEAR, Kind.NEAR, Kind.NEAR]
    for copy in copies[1:]:
        assert copy.cosine is not None
        assert copy.distance is not None
        assert copy.cosine > 0.9
        assert copy.distance <= NEAR_DISTANCE
    assert duplicates_of(named(dataset, "rocket.jpg")) == []


def test_only_new_pictures_are_compared(dataset: Dataset) -> None:
    assert compare(dataset) is None
    folder = Path(dataset.source_path)
    shutil.copyfile(folder / "rocket.jpg", folder / "rocket equal.jpg")
    index(dataset)
    assert compare(dataset) == 0
    assert {"rocket.jpg", "rocket equal.jpg"} in [names(group) for group in groups(dataset, Kind.EXACT)]
    Pillow.open(folder / "rocket.jpg").resize((320, 213)).save(folder / "rocket small.jpg")
    index(dataset)
    before = NearPair.objects.count()
    assert compare(dataset) == 1
    assert NearPair.objects.count() == before + 1
    assert {"rocket.jpg", "rocket equal.jpg", "rocket small.jpg"} in [names(group) for group in groups(dataset)]


def test_images_resized_before_hashes_were_taken_get_them_from_their_derivative(dataset: Dataset) -> None:
    known = dict(dataset.images.values_list("pk", "perceptual_hash"))
    Image.objects.update(perceptual_hash=None)
    DuplicateScan.objects.all().delete()
    NearPair.objects.all().delete()
    assert compare(dataset) == 6
    assert [names(group) for group in groups(dataset)] == [COFFEES]
    for pk, value in dataset.images.values_list("pk", "perceptual_hash"):
        before = known[pk]
        assert value is not None
        assert before is not None
        assert bin(value ^ before).count("1") <= 4


def test_what_is_told_apart_stays_apart_through_renaming_and_comparing_anew(dataset: Dataset, alice: User) -> None:
    group, mirrored = groups(dataset)[0], named(dataset, "coffee mirrored.jpg")
    assert decisions.mark_distinct(dataset, group, alice, mirrored) == 3
    assert [names(group) for group in groups(dataset)] == [COFFEES - {mirrored.name}]
    assert duplicates_of(mirrored) == []
    folder = Path(dataset.source_path)
    (folder / mirrored.name).rename(folder / "renamed.jpg")
    index(dataset)
    assert named(dataset, "renamed.jpg").pk == mirrored.pk
    DuplicateScan.objects.update(encoder=None, content="", compared=b"")
    assert compare(dataset) == 6
    assert [names(group) for group in groups(dataset)] == [COFFEES - {mirrored.name}]


def test_a_whole_group_can_be_told_apart(dataset: Dataset, alice: User) -> None:
    assert decisions.mark_distinct(dataset, groups(dataset)[0], alice) == 6
    assert groups(dataset) == []
    assert set(DistinctPair.objects.values_list("said_by", flat=True)) == {alice.pk}
    assert len(groups(dataset, Kind.EXACT)) == 2
    with pytest.raises(InvalidQuery, match="equal byte by byte"):
        decisions.mark_distinct(dataset, groups(dataset, Kind.EXACT)[0], alice)


def test_another_image_can_be_the_one_to_keep(dataset: Dataset) -> None:
    small = named(dataset, "coffee small.jpg")
    decisions.keep(groups(dataset)[0], small)
    assert groups(dataset)[0].images[0] == small
    decisions.keep(groups(dataset)[0], named(dataset, "coffee dark.jpg"))
    assert groups(dataset)[0].images[0].name == "coffee dark.jpg"
    regroup(dataset)
    assert groups(dataset)[0].images[0].name == "coffee dark.jpg"


def found(dataset: Dataset, *, collapse: bool = False) -> set[str]:
    question = text_question("red", Filters(is_collapsed=collapse))
    return {hit.image.name for hit in search(question, [dataset], k=50).hits}


def test_hidden_images_are_found_by_no_search_until_they_are_shown_again(dataset: Dataset) -> None:
    kept = groups(dataset)[0].images[0].name
    assert decisions.hide_others(dataset, groups(dataset)[0]) == 4
    assert found(dataset) == {kept, "rocket.jpg"} | CATS
    assert groups(dataset) == []
    assert all((Path(dataset.source_path) / name).exists() for name in COFFEES)
    index(dataset)
    compare(dataset)
    assert found(dataset) == {kept, "rocket.jpg"} | CATS
    assert decisions.unhide(dataset) == 4
    index(dataset)
    assert found(dataset) == COFFEES | CATS | {"rocket.jpg"}
    assert [names(group) for group in groups(dataset)] == [COFFEES]


def test_a_hidden_image_whose_file_comes_back_is_hidden_still(dataset: Dataset) -> None:
    decisions.hide_others(dataset, groups(dataset)[0])
    path = Path(dataset.source_path) / "coffee dark.jpg"
    aside = path.rename(path.parent.parent / "aside.jpg")
    mark_missing(dataset, SeenImages.none_of(dataset))
    aside.rename(path)
    index(dataset)
    assert named(dataset, "coffee dark.jpg").state == Image.State.HIDDEN


def test_the_others_of_all_groups_are_hidden_or_collected_at_once(dataset: Dataset, alice: User) -> None:
    collection = Collection.objects.create(owner=alice, name="Copies")
    assert decisions.collect_others(dataset, Kind.NEAR, collection) == 4
    assert collection.images.count() == 4
    assert decisions.hide_all_others(dataset, Kind.EXACT) == 2
    assert groups(dataset, Kind.EXACT) == []
    assert len(groups(dataset)[0].images) == 4


def test_collapsed_results_show_one_of_each_group_and_say_how_many_stand_behind(dataset: Dataset) -> None:
    results = search(text_question("red", Filters(is_collapsed=True)), [dataset], k=50)
    copies = {hit.image.name: hit.copies for hit in results.hits}
    assert results.total == len(copies) == 3
    assert copies["rocket.jpg"] == 0
    assert sorted(copies.values()) == [0, 1, 4]
    assert [hit.copies for hit in search(text_question("red"), [dataset], k=50).hits] == [0] * 8


def test_collapsing_takes_the_best_of_those_that_meet_the_conditions(dataset: Dataset) -> None:
    conditions = Filters(name_contains="small", is_collapsed=True)
    hits = search(text_question("red", conditions), [dataset], k=50).hits
    assert [hit.image.name for hit in hits] == ["coffee small.jpg"]


def test_images_like_one_are_counted_rightly_where_copies_are_collapsed(dataset: Dataset) -> None:
    for like in ("coffee.png", "coffee small.jpg", "rocket.jpg"):
        question = like_question(named(dataset, like), Filters(is_collapsed=True))
        results = search(question, [dataset], k=50)
        assert results.total == len(results.hits)


def test_pages_of_collapsed_results_are_full_and_repeat_nothing(dataset: Dataset) -> None:
    question = text_question("red", Filters(is_collapsed=True))
    whole = [hit.image.pk for hit in search(question, [dataset], k=50).hits]
    read, cursor = [], ""
    while True:
        results = search(question, [dataset], k=1, cursor=cursor)
        read += [hit.image.pk for hit in results.hits]
        cursor = results.groups[0].cursor
        if not cursor:
            break
        assert len(results.hits) == 1
    assert read == whole


def test_another_distance_groups_anew_and_was_told_before(dataset: Dataset) -> None:
    state = DuplicateScan.objects.get()
    told = {one["distance"]: (one["groups"], one["images"]) for one in state.preview}
    assert told[NEAR_DISTANCE] == (1, 5)
    assert list(told) == sorted(told)
    choose_distance(dataset, 0)
    regroup(dataset)
    assert lookup.counts(dataset, Kind.NEAR) == told[0]
    assert told[0][1] < 5
    for absurd in (-1, MOST_DISTANCE + 1, 10**9):
        with pytest.raises(InvalidQuery, match="must be from 0"):
            choose_distance(dataset, absurd)


def test_a_dataset_without_an_index_is_refused(make_dataset: MakeDataset, tmp_path: Path) -> None:
    with pytest.raises(NotSearchable, match="Index it first"):
        find_duplicates(make_dataset(tmp_path, name="Empty"))


def test_groups_come_in_pages(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.duplicates.lookup.GROUPS_A_PAGE", 1)
    first = group_page(dataset, Kind.EXACT)
    second = group_page(dataset, Kind.EXACT, first.following)
    assert len(first.groups) == len(second.groups) == 1
    assert names(first.groups[0]) != names(second.groups[0])
    assert second.following == ""
    assert len(list(lookup.every_group(dataset, Kind.EXACT))) == 2
    for absurd in ("'; --", "9" * 40, "x"):
        assert group_page(dataset, Kind.NEAR, absurd).groups


def test_copies_go_with_their_images(dataset: Dataset) -> None:
    Image.objects.filter(dataset=dataset).delete()
    assert DuplicateMember.objects.count() == 0
    assert groups(dataset) == []
