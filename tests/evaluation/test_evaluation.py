"""Evaluations: captions in three forms, figures that can be told by hand, and what cannot be measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from search.errors import InvalidSource, NotSearchable
from search.evaluation.evaluate import evaluate, find_version
from search.evaluation.labels import LabelledText, read_labels
from search.models import Dataset, Evaluation
from tests.conftest import FAKE_ENCODER, MakeDataset, MakeImages
from tests.indexed import index

pytestmark = pytest.mark.usefixtures("drawn_here")


@pytest.fixture
def dataset(make_images: MakeImages, make_dataset: MakeDataset) -> Dataset:
    folder = make_images(warm__red="red", warm__orange="orange", cold__blue="blue", cold__navy="navy", white="white")
    return index(make_dataset(folder))


def write(tmp_path: Path, name: str, content: str) -> Path:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


def image_id(dataset: Dataset, name: str) -> int:
    return dataset.images.get(name=name).pk


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", 'warm/red.png,"a red, plain page"\ncold/navy.png,a navy page\n'),
        ("header.csv", 'id,caption,file\n1,"a red, plain page",warm/red.png\n2,a navy page,cold/navy.png\n'),
        ("tabs.tsv", "warm/red.png\ta red, plain page\ncold/navy.png\ta navy page\n"),
        ("short.csv", 'red.png,"a red, plain page"\nnavy.png,a navy page\n'),
        (
            "karpathy.json",
            json.dumps(
                {
                    "images": [
                        {"filename": "red.png", "filepath": "warm", "sentences": [{"raw": "a red, plain page"}]},
                        {"filename": "cold/navy.png", "sentences": [{"raw": " a navy page "}]},
                    ]
                }
            ),
        ),
    ],
)
def test_captions_are_read(dataset: Dataset, tmp_path: Path, name: str, content: str) -> None:
    labels = read_labels(write(tmp_path, name, content), dataset)
    red, navy = image_id(dataset, "warm/red.png"), image_id(dataset, "cold/navy.png")
    assert labels.texts == (
        LabelledText("a red, plain page", frozenset({red}), frozenset({red})),
        LabelledText("a navy page", frozenset({navy}), frozenset({navy})),
    )
    assert labels.notice(dataset) == ""


def test_every_folder_on_the_way_is_a_class(dataset: Dataset, make_images: MakeImages) -> None:
    folder = make_images("classes", warm__red="red", n01234567_cold_things__blue="blue", white="white")
    labels = read_labels(folder, dataset)
    assert [(one.text, len(one.targets)) for one in labels.texts] == [("cold things", 1), ("warm", 1)]


def test_an_image_may_lie_in_several_classes(dataset: Dataset, make_images: MakeImages) -> None:
    folder = make_images("classes", warm__red="red", colours__red="red", colours__blue="blue")
    labels = read_labels(folder, dataset)
    assert [(one.text, len(one.targets)) for one in labels.texts] == [("colours", 2), ("warm", 1)]


def test_images_with_the_same_caption_are_relevant_to_each(dataset: Dataset, tmp_path: Path) -> None:
    captions = write(tmp_path, "captions.csv", "cold/blue.png,A page.\ncold/navy.png,a page\nwarm/red.png,another\n")
    first, second, third = read_labels(captions, dataset).texts
    assert first.targets != second.targets
    assert first.relevant == second.relevant == first.targets | second.targets
    assert third.relevant == third.targets


def test_files_that_the_dataset_has_not_are_counted(dataset: Dataset, tmp_path: Path) -> None:
    captions = write(tmp_path, "captions.csv", "warm/red.png,red\nnone.png,none\nother.png,none\nother.png,none\n")
    labels = read_labels(captions, dataset)
    assert (len(labels.texts), labels.unknown) == (1, 2)
    assert labels.notice(dataset).startswith("2 files of the captions left out")
    assert "none.png" in labels.notice(dataset)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", "", "holds no captions"),
        ("strange.csv", "none.png,none\n", "None of the 1 files .* 'none.png'"),
        ("single.csv", "warm/red.png\n", "Line 1 of single.csv has no caption"),
        ("broken.json", "{", "not in Karpathy's format"),
        ("other.json", '{"images": [{"file": "a"}]}', "not in Karpathy's format"),
        ("list.json", "[]", "not in Karpathy's format"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(
    dataset: Dataset, tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    with pytest.raises(InvalidSource, match=sentence):
        read_labels(write(tmp_path, name, content), dataset)


def test_bytes_that_are_no_text_are_a_sentence(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "captions.csv"
    path.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(InvalidSource, match="cannot be read"):
        read_labels(path, dataset)


def test_the_figures_are_those_of_the_ranks(dataset: Dataset) -> None:
    # The fake encoder finds the colour that a text ends with first, and its neighbours after it.
    texts = [
        LabelledText("red", frozenset({image_id(dataset, "warm/red.png")}), frozenset()),
        LabelledText("navy", frozenset({image_id(dataset, "cold/navy.png")}), frozenset()),
        LabelledText("white", frozenset({image_id(dataset, "cold/navy.png")}), frozenset()),
    ]
    texts = [LabelledText(one.text, one.targets, one.targets) for one in texts]
    evaluation = evaluate(find_version(dataset, None), texts, "by hand")
    figures = evaluation.figures
    assert (figures["queries"], figures["images"]) == (3, 5)
    assert figures["recall_at_1"] == pytest.approx(2 / 3)
    assert figures["recall_at_10"] == 1.0
    assert figures["median_rank"] == 1.0
    assert 2 / 3 < figures["mean_average_precision"] < 1.0
    assert 0.0 < figures["relevance_precision"] <= 1.0
    assert figures["encode_ms"] > 0
    assert figures["search_ms"] > 0
    assert Evaluation.objects.get().figures == figures


def test_what_is_furthest_down_is_named(make_images: MakeImages, make_dataset: MakeDataset) -> None:
    shades = {f"grey{level}": f"#{level:02x}{level:02x}{level:02x}" for level in range(16, 240, 8)}
    dataset = index(make_dataset(make_images("greys", red="red", **shades), name="Greys"))
    red = image_id(dataset, "red.png")
    text = LabelledText("black", frozenset({red}), frozenset({red}))
    evaluation = evaluate(find_version(dataset, None), [text], "by hand")
    (failure,) = evaluation.failures
    assert failure["text"] == "black"
    assert failure["rank"] > 10
    assert failure["expected"] == red
    assert failure["first"] != red


def test_it_measures_the_newest_version_of_an_encoder(dataset: Dataset) -> None:
    dataset.refresh_from_db()
    assert find_version(dataset, FAKE_ENCODER) == find_version(dataset, None) == dataset.live_version


def test_without_a_version_it_says_how_to_make_one(dataset: Dataset, make_dataset: MakeDataset) -> None:
    with pytest.raises(NotSearchable, match=r"reindex pictures --encoder fake/colours/other"):
        find_version(dataset, "fake/colours/other")
    with pytest.raises(NotSearchable, match=r"run manage\.py ingest"):
        find_version(make_dataset(Path("/nowhere"), name="Empty"), None)
