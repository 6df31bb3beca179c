"""Images are found by any part of their names, with the index of the database as without it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, models

from clipsite.operations.doctor import Finding, diagnose
from search.datasets.create import dataset_delete
from search.filters import filters
from search.filters.filters import matching_ids
from search.filters.name_index import images_named
from search.models import Dataset, Image
from search.models.name_index import keep_name_index, name_index_stands
from search.values import Filters
from tests.conftest import MakeDataset

PIECES = (*"aAbBkK.%_\"'\\/ -*^():+{}", "é", "日", "🐈", "\N{KELVIN SIGN}", "\ufeff", "AND", "near(", "img_00", ".JPG")
"""Of letters beyond ASCII one case each: databases differ in whether they know the other."""

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL")
ANY = 1_000_000


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    return make_dataset(Path("/nowhere"))


def image(dataset: Dataset, name: str, state: str = Image.State.READY) -> Image:
    return Image(dataset=dataset, name=name, checksum="0" * 64, byte_size=1, modified_ns=1, state=state)


def folded(text: str) -> str:
    """Text without regard to the case of ASCII letters."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def other_case(text: str) -> str:
    return "".join(letter.swapcase() if letter.isascii() else letter for letter in text)


def found(dataset: Dataset, text: str) -> list[str]:
    ids = matching_ids(dataset, Filters(name_contains=text)).tolist()
    assert ids == sorted(ids)
    return sorted(Image.objects.filter(pk__in=ids).values_list("name", flat=True))


def finding() -> Finding:
    (found,) = [finding for finding in diagnose() if finding.subject == "file names"]
    return found


def index_holds_every_name() -> bool:
    """FTS5 compares what it holds with the images, and raises when they differ."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO search_image_names(search_image_names, rank) VALUES ('integrity-check', 1)")
    return name_index_stands(connection)


@pytest.mark.parametrize("looked_up", [0, 3, ANY])
def test_the_same_images_are_found_as_by_comparing_each_name(
    dataset: Dataset, make_dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch, looked_up: int
) -> None:
    monkeypatch.setattr(filters, "_worth_looking_up", lambda dataset: looked_up)
    monkeypatch.setattr(filters, "_IDS_A_QUERY", 7)
    chance = random.Random(5)
    names = sorted({"".join(chance.choices(PIECES, k=chance.randint(1, 30))) for _ in range(300)})
    Image.objects.bulk_create(image(dataset, name) for name in names)
    elsewhere = make_dataset(Path("/elsewhere"), name="Elsewhere")
    Image.objects.bulk_create(image(elsewhere, name) for name in names)
    Image.objects.bulk_create(image(dataset, f"{name}.gone", Image.State.MISSING) for name in names)
    sizes = []
    for _ in range(400):
        name = chance.choice(names)
        start = chance.randrange(len(name))
        part = name[start : start + chance.randint(1, 20)]
        text = chance.choice([part, other_case(part), "".join(chance.choices(PIECES, k=3))])
        expected = [name for name in names if folded(text) in folded(name)]
        assert found(dataset, text) == expected, text
        sizes.append(len(expected))
    assert min(sizes) == 0
    assert max(sizes) > 100


@on_sqlite
def test_the_index_answers_for_three_characters_and_more_unless_too_many_images_have_them(dataset: Dataset) -> None:
    Image.objects.bulk_create(image(dataset, f"summer/{number}.jpg") for number in range(20))
    rare = image(dataset, 'winter "x".jpg')
    rare.save()
    for text in ("winter", "WIN", 'r "x"', 'winter "x".jpg'):
        ids = images_named(text, at_most=5)
        assert ids is not None
        assert ids.tolist() == [rare.pk]
    assert images_named("jpg", at_most=20) is None
    assert images_named("wi", at_most=20) is None
    nobody = images_named("nobody " * 500, at_most=20)
    assert nobody is not None
    assert len(nobody) == 0


@on_sqlite
def test_whatever_changes_images_changes_the_index_too(dataset: Dataset, make_dataset: MakeDataset) -> None:
    other = make_dataset(Path("/elsewhere"), name="Elsewhere")
    Image.objects.bulk_create(image(one, f"first-{number}.jpg") for number in range(9) for one in (dataset, other))
    twice = [image(dataset, "first-0.jpg"), image(dataset, "second.jpg")]
    Image.objects.bulk_create(twice, ignore_conflicts=True)
    assert index_holds_every_name()

    renamed = list(dataset.images.filter(name__startswith="first")[:4])
    for number, one in enumerate(renamed):
        one.name = f"moved-{number}.jpg"
    Image.objects.bulk_update(renamed, ["name", "state"])
    renamed[0].name = "once more.jpg"
    renamed[0].save()
    renamed[0].save()
    dataset.images.filter(name="moved-1.jpg").update(name="by query.jpg")
    assert index_holds_every_name()

    dataset.images.filter(name="second.jpg").delete()
    other.delete()
    assert index_holds_every_name()
    known = {text: images_named(text, at_most=ANY) for text in ("first", "moved", "once more", "by query", "second")}
    assert {text: ids if ids is None else len(ids) for text, ids in known.items()} == {
        "first": 5,
        "moved": 2,
        "once more": 1,
        "by query": 1,
        "second": 0,
    }
    dataset_delete(dataset)
    assert index_holds_every_name()
    everything = images_named("jpg", at_most=ANY)
    assert everything is not None
    assert len(everything) == 0


@on_sqlite
def test_a_migration_that_copies_the_table_and_changes_names_leaves_a_true_index(
    transactional_db: None, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "_worth_looking_up", lambda dataset: ANY)
    Image.objects.bulk_create(image(dataset, f"first-{number}.jpg") for number in range(9))
    narrow, wide = Image._meta.get_field("name"), models.CharField(max_length=2048)
    wide.set_attributes_from_name("name")
    wide.model = Image
    with connection.schema_editor() as editor:
        editor.alter_field(Image, narrow, wide)
    assert not name_index_stands(connection)
    assert finding() == Finding(
        "file names", False, "The index for filters by file name is missing. Run: manage.py migrate"
    )
    dataset.images.filter(name="first-0.jpg").update(name="between.jpg")
    assert found(dataset, "between") == ["between.jpg"]

    with connection.schema_editor() as editor:
        editor.alter_field(Image, wide, narrow)
    call_command("migrate", verbosity=0)
    assert index_holds_every_name()
    assert found(dataset, "between") == ["between.jpg"]
    assert len(found(dataset, "first-")) == 8
    assert finding().ok

    dataset.images.filter(name="first-1.jpg").delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    assert index_holds_every_name()
    assert len(found(dataset, "first-")) == 7


@on_postgresql
def test_postgresql_reads_its_index_for_a_part_of_a_name(dataset: Dataset) -> None:
    Image.objects.bulk_create(image(dataset, f"summer/{number}.jpg") for number in range(20))
    assert name_index_stands(connection)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    assert "image_name_trigrams" in Image.objects.filter(name__icontains="r/19").order_by().explain()


@on_postgresql
def test_without_the_extension_every_name_is_read_and_the_doctor_says_what_to_run(dataset: Dataset) -> None:
    Image.objects.bulk_create([image(dataset, "summer/1.jpg")])
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE somebody")
        cursor.execute("SET ROLE somebody")
        keep_name_index(connection)
        cursor.execute("RESET ROLE")
    assert not name_index_stands(connection)
    assert found(dataset, "MER/") == ["summer/1.jpg"]
    assert not finding().ok
    assert "CREATE EXTENSION pg_trgm; and then run: manage.py migrate" in finding().sentence

    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA aside")
        cursor.execute("CREATE EXTENSION pg_trgm SCHEMA aside")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # of the image; after migrations nothing is pending
    assert finding().sentence.endswith("Run: manage.py migrate")
    keep_name_index(connection)
    assert finding() == Finding("file names", True, "Filters by file name use an index.")
    assert found(dataset, "MER/") == ["summer/1.jpg"]
