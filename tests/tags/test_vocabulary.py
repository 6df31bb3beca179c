"""Vocabularies are read, kept and refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.errors import InvalidQuery
from search.tags import vocabulary
from search.tags.vocabulary import LEAST_CONFIDENCE, MOST_WORDS, parse, set_vocabulary, use_default, words_of
from tests.conftest import MakeDataset


def test_the_default_list_has_a_few_hundred_words_in_groups_each_once() -> None:
    groups = dict(parse(vocabulary.default_text()))
    words = [word for among in groups.values() for word in among]
    assert 300 <= len(words) <= 800
    assert len({word.lower() for word in words}) == len(words)
    assert {"Animals", "Landscape", "Vehicles"} <= set(groups)
    assert "" not in groups


def test_groups_comments_and_repeated_words_are_understood() -> None:
    text = "loose\n[Animals]\ndog\n # no word\n  Cat  \n\n[Empty]\n[Things]\ncat\nkey\n[Animals]\nhorse"
    assert parse(text) == (("", ("loose",)), ("Animals", ("dog", "Cat", "horse")), ("Things", ("key",)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        (" \n[Only a group]\n# nothing", "is empty"),
        ("\n".join(f"word {number}" for number in range(10_000)), f"10,000 words; {MOST_WORDS:,} at most"),
        ("x" * 81, "81 characters; 80 at most"),
        ("x\n" * 200_001, "characters; 200,000 at most"),
    ],
)
def test_a_vocabulary_that_makes_no_sense_is_refused(
    make_dataset: MakeDataset, tmp_path: Path, text: str, sentence: str
) -> None:
    dataset = make_dataset(tmp_path)
    with pytest.raises(InvalidQuery, match=sentence):
        set_vocabulary(dataset, text, 0.5)
    assert not words_of(dataset).is_own


@pytest.mark.parametrize("value", ["", "much", "nan", "inf", "-1", "0", "1", "5", "1e9"])
def test_an_absurd_confidence_is_refused(value: str) -> None:
    with pytest.raises(InvalidQuery, match="must be a number from"):
        vocabulary.confidence_from(value)


def test_a_dataset_may_have_its_own_and_go_back(make_dataset: MakeDataset, tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    assert words_of(dataset).least_confidence == LEAST_CONFIDENCE
    set_vocabulary(dataset, " red\0 \r\nblue ", 0.8)
    own = words_of(dataset)
    assert (own.all(), own.least_confidence, own.is_own) == (["red", "blue"], 0.8, True)
    use_default(dataset)
    assert not words_of(dataset).is_own


def test_only_words_and_confidence_make_another_vocabulary(make_dataset: MakeDataset, tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    first = set_vocabulary(dataset, "red\nblue", 0.8).fingerprint()
    assert set_vocabulary(dataset, "[Colours]\nblue\nred", 0.8).fingerprint() == first
    assert set_vocabulary(dataset, "red\nblue", 0.7).fingerprint() != first
    assert set_vocabulary(dataset, "red\nblue\nlime", 0.8).fingerprint() != first
