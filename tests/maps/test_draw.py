"""Maps of the live version: drawn in a child, placed on the map before where it stands, drawn anew where not."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from search.embeddings.store import encoder_record, store_embeddings
from search.errors import NotSearchable, ServiceUnavailable
from search.files.paths import projection_folder
from search.maps import child_process, draw, extend
from search.maps.clusters import rename
from search.maps.draw import delete_projection, newest_projection, project_dataset, projections_of
from search.maps.files import open_map
from search.maps.report import drawing_report
from search.maps.staleness import staleness_of
from search.models import Dataset, Image, MapCluster, Projection
from search.projection import layout
from search.projection.parameters import MapParameters, Metric
from tests.conftest import FAKE_ENCODER, MakeDataset
from tests.fake_encoder import DIMENSION, FakeTextTower
from tests.versions.versioned import add_images as add_some
from tests.versions.versioned import build, fresh

STEPS = (0, 20, 40, 60)
REDDISH = tuple(f"#{255 - red:02x}{green:02x}{blue:02x}" for red, green, blue in product(STEPS, repeat=3))[:30]
BLUISH = tuple(f"#{red:02x}{green:02x}{255 - blue:02x}" for red, green, blue in product(STEPS, repeat=3))[:30]


def add(dataset: Dataset, *colours: str) -> list[Image]:
    before = set(dataset.images.values_list("pk", flat=True))
    add_some(dataset, *colours, encoders=(FAKE_ENCODER,))
    return list(dataset.images.exclude(pk__in=before).order_by("pk"))


@pytest.fixture
def dataset(make_dataset: MakeDataset, tmp_path: Path) -> Dataset:
    """Thirty reddish images, then thirty bluish ones, in a live version."""
    made = make_dataset(tmp_path)
    add(made, *REDDISH, *BLUISH)
    build(made)
    return fresh(made)


here = pytest.mark.usefixtures("drawn_here")


def places(projection: Projection) -> dict[int, tuple[float, float]]:
    """Coordinates by image."""
    files = open_map(projection)
    return dict(zip(files.image_ids.tolist(), map(tuple, files.coordinates.tolist()), strict=True))


def test_a_map_is_stored_with_what_there_is_to_know_of_it(dataset: Dataset) -> None:
    told: list[tuple[int, int]] = []
    drawn = project_dataset(dataset, lambda done, total: told.append((done, total)))
    assert (drawn.count, drawn.fitted, drawn.placed, drawn.based_on) == (60, 60, 0, None)
    assert drawn.version == dataset.live_version
    assert MapParameters.from_json(drawn.parameters) == MapParameters()
    assert drawn.trustworthiness is not None
    assert 0.7 < drawn.trustworthiness <= 1.0
    assert {"neighbours", "layout", "trust", "clusters"} <= set(drawn.timings)
    assert set(places(drawn)) == set(dataset.images.values_list("pk", flat=True))
    assert told[-1] == (60, 60)
    assert all(done < total for done, total in told[:-1])
    assert drawing_report(drawn).startswith("Map of 60 images drawn in ")
    assert not list(Path(settings.PROJECTIONS_DIR).glob(".drawing-*"))


@here
def test_clusters_are_nested_and_stand_on_points(dataset: Dataset) -> None:
    drawn = project_dataset(dataset)
    labels = open_map(drawn).clusters()
    assert labels is not None
    coarse, fine = (list(drawn.clusters.filter(level=level)) for level in (0, 1))
    assert coarse
    assert {one.parent for one in fine} == {one.number for one in coarse}
    known = places(drawn)
    for one in (*coarse, *fine):
        assert one.count == int((labels[one.level] == one.number).sum())
        assert one.image_id in known
        assert (one.x, one.y) in known.values()


@here
def test_of_many_images_a_sample_is_laid_out_and_the_others_are_placed(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "FITTED_AT_MOST", 40)
    drawn = project_dataset(dataset)
    assert (drawn.count, drawn.fitted, drawn.placed) == (60, 40, 0)
    assert "place" in drawn.timings
    assert "UMAP saw 40 of them" in drawing_report(drawn)
    known = places(drawn)
    ids = sorted(known)
    reddish, bluish = (np.array([known[pk] for pk in part]) for part in (ids[:30], ids[30:]))
    own = np.linalg.norm(reddish - np.median(reddish, axis=0), axis=1)
    other = np.linalg.norm(reddish - np.median(bluish, axis=0), axis=1)
    assert (own < other).mean() > 0.9


@here
def test_an_encoder_that_knows_no_words_gives_numbers(dataset: Dataset) -> None:
    names = set(project_dataset(dataset).clusters.filter(level=1).values_list("name", flat=True))
    assert "Group 1" in names
    assert all(name.startswith("Group ") for name in names)


@here
def test_new_images_are_placed_and_nothing_moves(dataset: Dataset) -> None:
    before = project_dataset(dataset)
    known = places(before)
    labels = {one.number: one.name for one in before.clusters.filter(level=1)}
    renamed = rename(before.clusters.filter(level=0).earliest("number"), "  My   own ")
    new = add(dataset, "#ff0505", "#0505ff")
    build(dataset)
    after = project_dataset(fresh(dataset))
    assert (after.based_on, after.count, after.fitted, after.placed) == (before, 62, 60, 2)
    now = places(after)
    assert {pk: place for pk, place in now.items() if pk in known} == known
    reddish = np.mean([known[pk] for pk in sorted(known)[:30]], axis=0)
    bluish = np.mean([known[pk] for pk in sorted(known)[30:]], axis=0)
    for image, own, other in ((new[0], reddish, bluish), (new[1], bluish, reddish)):
        place = np.array(now[image.pk])
        assert np.linalg.norm(place - own) < np.linalg.norm(place - other)
    assert {one.number: one.name for one in after.clusters.filter(level=1)}.items() <= labels.items()
    assert after.clusters.get(level=0, number=renamed.number).label == "My own"
    assert sum(after.clusters.filter(level=0).values_list("count", flat=True)) > 0
    assert "2 new placed on the map of version 1" in drawing_report(after)


@here
def test_replaced_pictures_are_placed_anew_and_deleted_ones_leave(dataset: Dataset) -> None:
    before = project_dataset(dataset)
    images = list(dataset.images.order_by("pk"))
    replaced, deleted = images[0], images[1]
    replaced.checksum = "f" * 64
    replaced.save()
    store_embeddings(encoder_record(FAKE_ENCODER, DIMENSION), [replaced.pk], FakeTextTower().encode(["blue"]))
    deleted.delete()
    build(dataset)
    after = project_dataset(fresh(dataset))
    assert (after.based_on, after.count, after.placed) == (before, 59, 1)
    now, known = places(after), places(before)
    assert now[replaced.pk] != known[replaced.pk]
    assert deleted.pk not in now


@here
def test_a_map_is_drawn_anew_when_too_much_was_placed(dataset: Dataset) -> None:
    project_dataset(dataset)
    add(dataset, *(f"#ff{number:02x}ff" for number in range(40)))
    build(dataset)
    after = project_dataset(fresh(dataset))
    assert (after.based_on, after.fitted, after.placed) == (None, 100, 0)


@here
def test_a_map_is_drawn_anew_when_most_of_it_is_gone(dataset: Dataset) -> None:
    project_dataset(dataset)
    dataset.images.filter(pk__in=list(dataset.images.values_list("pk", flat=True)[:40])).delete()
    build(dataset)
    assert project_dataset(fresh(dataset)).based_on is None


@here
@pytest.mark.parametrize("lost", [extend.CHECKSUMS_FILE, "image_ids.npy", "clusters.npy"])
def test_a_map_is_drawn_anew_when_files_of_the_one_before_are_gone(dataset: Dataset, lost: str) -> None:
    (projection_folder(project_dataset(dataset).path) / lost).unlink()
    add(dataset, "#ff0505")
    build(dataset)
    assert project_dataset(fresh(dataset)).based_on is None


@here
def test_whoever_asks_gets_another_map_beside_the_first(dataset: Dataset) -> None:
    first = project_dataset(dataset)
    asked = MapParameters(5, 0.4, Metric.EUCLIDEAN, 7)
    second = project_dataset(dataset, parameters=asked)
    third = project_dataset(dataset, redraw=True)
    assert MapParameters.from_json(third.parameters) == MapParameters.from_json(second.parameters) == asked
    assert projections_of(dataset) == [third, second, first]
    assert places(third) == places(second) != places(first)
    delete_projection(third)
    delete_projection(third)
    assert newest_projection(dataset) == second
    assert not projection_folder(third.path).exists()
    assert not MapCluster.objects.filter(projection=third).exists()


@here
def test_names_of_people_go_over_to_a_map_drawn_anew(dataset: Dataset) -> None:
    seeded = MapParameters(seed=1)
    first = project_dataset(dataset, parameters=seeded)
    largest = max(first.clusters.filter(level=0), key=lambda one: one.count)
    rename(largest, "Mine")
    again = project_dataset(dataset, parameters=seeded)
    assert [one.label for one in again.clusters.filter(level=0) if one.given_name] == ["Mine"]
    assert rename(again.clusters.get(given_name="Mine"), "").label.startswith("Group ")


@here
def test_only_so_many_maps_are_kept(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw, "MOST_PROJECTIONS", 2)
    drawn = [project_dataset(dataset, redraw=True) for _ in range(3)]
    assert projections_of(dataset) == drawn[:0:-1]
    assert not projection_folder(f"{dataset.pk}/{drawn[0].pk}").exists()


@pytest.mark.parametrize("count", [1, 2, 10])
def test_few_images_have_a_map_without_clusters(make_dataset: MakeDataset, tmp_path: Path, count: int) -> None:
    dataset = make_dataset(tmp_path)
    add(dataset, *REDDISH[:count])
    build(dataset)
    drawn = project_dataset(fresh(dataset))
    assert drawn.count == len(set(places(drawn).values())) == count
    assert not drawn.clusters.exists()
    assert (drawn.trustworthiness is None) == (count < 4)
    assert drawing_report(drawn).startswith("Map of 1 image " if count == 1 else f"Map of {count} images ")


@here
@pytest.mark.parametrize("count", [2, 30])
def test_equal_images_each_have_a_place(make_dataset: MakeDataset, tmp_path: Path, count: int) -> None:
    dataset = make_dataset(tmp_path)
    images = add(dataset, *REDDISH[:count])
    record, same = encoder_record(FAKE_ENCODER, DIMENSION), FakeTextTower().encode(["red"] * count)
    store_embeddings(record, [image.pk for image in images], same)
    build(dataset)
    drawn = project_dataset(fresh(dataset))
    assert len(set(places(drawn).values())) == count
    assert np.isfinite(list(places(drawn).values())).all()


def test_without_an_index_there_is_nothing_to_draw(make_dataset: MakeDataset, tmp_path: Path) -> None:
    with pytest.raises(NotSearchable, match="Index it first"):
        project_dataset(make_dataset(tmp_path, name="Empty"))


def test_a_child_that_dies_leaves_no_map_and_a_sentence(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_few(*_: object) -> None:
        """Writes no vectors, so that the child finds none."""

    monkeypatch.setattr(child_process, "write_vectors", too_few)
    with pytest.raises(ServiceUnavailable, match="try the map again"):
        project_dataset(dataset)
    assert not Projection.objects.exists()
    assert not list(Path(settings.PROJECTIONS_DIR).glob(".drawing-*"))


def test_work_that_is_called_off_ends_the_child(dataset: Dataset) -> None:
    def call_off(done: int, total: int) -> None:
        if done > 0.4 * total:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        project_dataset(dataset, call_off)
    assert not Projection.objects.exists()
    assert project_dataset(dataset).count == 60


@here
def test_the_badge_says_how_far_a_map_is_from_the_index(dataset: Dataset) -> None:
    first = project_dataset(dataset)
    state = staleness_of(fresh(dataset), first)
    assert (state.sentence, state.is_stale) == ("", False)
    add(dataset, "#ff0505")
    build(dataset)
    state = staleness_of(fresh(dataset), first)
    assert state.sentence == "The index is at version 2 with 61 images; this map shows version 1 with 60."
    assert state.is_stale
    placed = project_dataset(fresh(dataset))
    state = staleness_of(fresh(dataset), placed)
    assert state.sentence == "1 image of 61 (2%) was placed on it since it was drawn."
    assert not state.is_stale
    placed.placed = 7
    assert staleness_of(fresh(dataset), placed).is_stale
