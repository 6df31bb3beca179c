"""Terms of every kind in any mix make one vector; what they name is not found, and what cannot be asked is said."""

from __future__ import annotations

import io
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import numpy as np
import pytest
from pytest_django import Settings

from search.encoders import registry
from search.encoders.base import EncoderDescription
from search.encoders.image_tower import EncodedFiles
from search.errors import BadTerm, InvalidQuery, NotSearchable, UnknownImage
from search.files.paths import derivative_path
from search.models import Dataset, Embedding, Image
from search.query.pictures import keep_picture
from search.query.question import Question, read_question
from search.query.vectors import text_vector
from search.retrieval.results import Results
from search.retrieval.search import search
from search.values import Float32Array
from tests.conftest import FAKE_ENCODER, MakeDataset, MakeImages
from tests.fake_encoder import FakeFamily
from tests.indexed import index
from tests.web_server import WebServer, jpeg, serving

pytestmark = pytest.mark.usefixtures("drawn_here")

COLOURS = ("red", "crimson", "maroon", "blue", "navy", "lime", "green", "white", "black", "orange")


@pytest.fixture
def dataset(make_images: MakeImages, make_dataset: MakeDataset) -> Dataset:
    return index(make_dataset(make_images(**{colour: colour for colour in COLOURS})))


@pytest.fixture
def server(settings: Settings) -> Iterator[WebServer]:
    settings.FETCH_NETWORKS = [ip_network("127.0.0.1")]
    with serving("127.0.0.1") as running:
        yield running


def question(text: str) -> Question:
    return read_question(text, Image.objects.all)


def ask(dataset: Dataset, text: str) -> Results:
    return search(question(text), [dataset], k=20)


def names(results: Results) -> list[str]:
    return [hit.image.name.removesuffix(".png") for hit in results.hits]


def vector(dataset: Dataset, text: str) -> Float32Array:
    assert dataset.live_version is not None
    return question(text).vector(dataset.live_version.encoder)


def numbered(dataset: Dataset, name: str) -> str:
    return f"image:{dataset.images.get(name=f'{name}.png').pk}"


def test_the_vector_is_the_weighted_sum_of_the_terms_unit_vectors(dataset: Dataset, server: WebServer) -> None:
    token = keep_picture(io.BytesIO(jpeg("lime")))
    parts = [
        (2.0, "red"),
        (-0.5, '"navy"'),
        (1.0, numbered(dataset, "white")),
        (0.25, f"upload:{token}"),
        (-3.0, server.address("/picture/orange")),
    ]
    summed = sum(weight * vector(dataset, text) for weight, text in parts)
    text = " ".join(f"{'-' if weight < 0 else '+'} {abs(weight)}:{term}" for weight, term in parts)
    found = vector(dataset, text)
    np.testing.assert_allclose(found, summed / np.linalg.norm(summed), atol=1e-5)
    assert found.dtype == np.float32


def test_the_weight_of_a_single_term_changes_nothing(dataset: Dataset) -> None:
    assert names(ask(dataset, "7:red")) == names(ask(dataset, "red"))
    np.testing.assert_array_equal(vector(dataset, "7:red"), vector(dataset, "red"))


def test_what_is_taken_away_sinks(dataset: Dataset) -> None:
    before, after = names(ask(dataset, "red")), names(ask(dataset, "red - 0.5:maroon"))
    assert after.index("maroon") > before.index("maroon")
    assert after[0] == "red"


def test_an_uploaded_and_a_fetched_picture_find_what_looks_like_them(dataset: Dataset, server: WebServer) -> None:
    token = keep_picture(io.BytesIO(jpeg("navy")))
    assert names(ask(dataset, f"upload:{token}"))[0] == "navy"
    assert names(ask(dataset, server.address("/picture/lime")))[0] == "lime"


def test_images_that_are_terms_are_no_hits_and_are_not_counted(dataset: Dataset) -> None:
    red, blue = numbered(dataset, "red"), numbered(dataset, "blue")
    results = ask(dataset, f"crimson + {red} - {blue} + 2:{red}")
    assert {"red", "blue"} & set(names(results)) == set()
    assert len(results.hits) == results.total == len(COLOURS) - 2


def test_an_image_that_is_not_indexed_yet_is_encoded_from_its_derivative(dataset: Dataset) -> None:
    expected = names(ask(dataset, numbered(dataset, "navy")))
    image = dataset.images.get(name="navy.png")
    Embedding.objects.filter(image=image).delete()
    assert names(ask(dataset, numbered(dataset, "navy"))) == expected
    derivative_path(dataset.pk, image.checksum).unlink()
    with pytest.raises(NotSearchable, match="not resized yet"):
        ask(dataset, numbered(dataset, "navy"))


def test_a_picture_of_a_question_is_encoded_once(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    tower = registry.query_tower(FAKE_ENCODER)
    encode = tower.encode_files

    def counted(paths: list[Path]) -> EncodedFiles:
        calls.append(paths)
        return encode(paths)

    monkeypatch.setattr(tower, "encode_files", counted)
    token = keep_picture(io.BytesIO(jpeg("navy")))
    for text in (f"upload:{token}", f"upload:{token} + red", f"2:upload:{token}"):
        ask(dataset, text)
    assert len(calls) == 1


def test_a_question_measures_no_machine(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.reset_towers()
    monkeypatch.setattr("search.encoders.registry.load_tuned_tower", lambda *_: pytest.fail("the machine was measured"))
    token = keep_picture(io.BytesIO(jpeg("navy")))
    assert names(ask(dataset, f"upload:{token}"))[0] == "navy"


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("- car", BadTerm, "only takes away"),
        ("-2:red - blue", BadTerm, "only takes away"),
        ("red - red", BadTerm, "cancel each other out"),
        ("red + image:999999", UnknownImage, "There is no image 999999 here"),
        ("red + upload:" + "0" * 32, BadTerm, "Upload it again"),
        ("red + http://127.0.0.1/a.jpg", BadTerm, "leads into a private network"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    dataset: Dataset, text: str, error: type[InvalidQuery], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        ask(dataset, text)


def test_a_term_that_cannot_be_used_is_no_reason_to_leave_datasets_out(
    dataset: Dataset, make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    other = index(make_dataset(make_images("other", red="red"), name="Other"))
    with pytest.raises(BadTerm, match="cancel each other out"):
        search(question("red - red"), [dataset, other], k=5)


def test_a_cursor_belongs_to_its_terms(dataset: Dataset) -> None:
    first = search(question("red + 0.5:blue"), [dataset], k=3)
    cursor = first.groups[0].cursor
    second = search(question('"red" + .5:"blue"'), [dataset], k=3, cursor=cursor)
    assert [hit.rank for hit in second.hits] == [4, 5, 6]
    for other in ("red - 0.5:blue", "red + 0.6:blue", "red"):
        with pytest.raises(InvalidQuery, match="belongs to another query"):
            search(question(other), [dataset], k=3, cursor=cursor)


def test_texts_are_read_in_the_sentences_of_an_encoder_that_names_some() -> None:
    class WithTemplates(FakeFamily):
        def describe(self, name: str) -> EncoderDescription:
            return EncoderDescription(name, 32, 8, "two colours", templates=("a {}", "{} and blue"))

    registry.register_family(WithTemplates())
    tower = registry.text_tower(FAKE_ENCODER)
    mean = tower.encode(["a red", "red and blue"]).mean(axis=0)
    np.testing.assert_allclose(text_vector(FAKE_ENCODER, "red"), mean / np.linalg.norm(mean), atol=1e-6)
