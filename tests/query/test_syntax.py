"""What people write means one thing, or is refused with a sentence; terms are written so that they read the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import BadTerm
from search.query.syntax import LARGEST_WEIGHT, LEAST_WEIGHT, MAX_TERMS, parse
from search.query.writer import write_query
from search.values import Term, TermKind

TEXT, IMAGE, UPLOAD, URL = TermKind.TEXT, TermKind.IMAGE, TermKind.UPLOAD, TermKind.URL

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: bool(text.replace("\0", "").split())
)
texts = words.map(lambda text: " ".join(text.replace("\0", "").split()))
tokens = st.text("0123456789abcdef", min_size=32, max_size=32)
addresses = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=30).map(
    lambda path: f"https://example.org/{path}"
)
sizes = st.floats(LEAST_WEIGHT, LARGEST_WEIGHT)
weights = st.just(1.0) | st.builds(lambda size, sign: size * sign, sizes, st.sampled_from((1.0, -1.0)))
terms_of_each_kind = st.one_of(
    st.builds(Term, st.just(TEXT), texts, weights),
    st.builds(Term, st.just(IMAGE), st.integers(1, 10**17).map(str), weights),
    st.builds(Term, st.just(UPLOAD), tokens, weights),
)
queries = st.lists(terms_of_each_kind, min_size=1, max_size=MAX_TERMS - 3)
references = st.lists(st.builds(Term, st.just(URL), addresses, weights), max_size=3)


def read(text: str) -> tuple[Term, ...] | BadTerm:
    try:
        return parse(text)
    except BadTerm as error:
        return error


@given(queries, references)
def test_what_is_written_reads_as_the_same_terms(terms: list[Term], others: list[Term]) -> None:
    every = (*terms, *others)
    assert parse(write_query(every)) == every


@given(words)
def test_whatever_is_typed_is_read_or_refused_with_a_sentence_and_reads_the_same_again(text: str) -> None:
    terms = read(text)
    if isinstance(terms, BadTerm):
        assert str(terms).endswith(".")
    else:
        assert parse(write_query(terms)) == terms


@pytest.mark.parametrize(
    "text",
    [
        "a cat on a sofa",
        "t-shirt",
        "black-and-white photo",
        "Star Wars: a new hope",
        "a clock at 12:30",
        "16:9",
        "5:30 train",
        "2: the return",
        "C++",
        "rock -- roll",
        'a sign saying "stop"',
        '5" pipe',
        "it's :)",
        "a+b",
        "日本:語",
        "a\\b",
    ],
)
def test_plain_words_are_one_text_and_are_written_as_they_are(text: str) -> None:
    assert parse(f"  {text.replace(' ', '   ')} ") == (Term(TEXT, text),)
    assert write_query((Term(TEXT, text),)) == text


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        (
            '2:"dog in snow" + image:1234 - "car"',
            [Term(TEXT, "dog in snow", 2), Term(IMAGE, "1234"), Term(TEXT, "car", -1)],
        ),
        ("-0.5:car", [Term(TEXT, "car", -0.5)]),
        ("dog -car", [Term(TEXT, "dog"), Term(TEXT, "car", -1)]),
        ("old dog - 0.5:new car", [Term(TEXT, "old dog"), Term(TEXT, "new car", -0.5)]),
        ("red car image:12", [Term(TEXT, "red car"), Term(IMAGE, "12")]),
        ("2:image:12 a beach", [Term(IMAGE, "12", 2), Term(TEXT, "a beach")]),
        ("IMAGE:007", [Term(IMAGE, "7")]),
        ("upload:0af", [Term(UPLOAD, "0af")]),
        ("url:https://a.b/c", [Term(URL, "https://a.b/c")]),
        (
            "like https://a.b/c.jpg at night",
            [Term(TEXT, "like"), Term(URL, "https://a.b/c.jpg"), Term(TEXT, "at night")],
        ),
        ('"16 - 9" + "a \\"b\\" \\\\"', [Term(TEXT, "16 - 9"), Term(TEXT, 'a "b" \\')]),
        ("“curly marks” - “too”", [Term(TEXT, "curly marks"), Term(TEXT, "too", -1)]),
        (".5:car", [Term(TEXT, "car", 0.5)]),
    ],
)
def test_signs_weights_and_kinds_are_read(text: str, terms: list[Term]) -> None:
    assert list(parse(text)) == terms


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \0 ", "The query is empty"),
        ('a dog + "in snow', "never closed"),
        ('dog - ""', "nothing between the quotation marks"),
        ("dog -", "Nothing follows the last -"),
        ("dog + - car", "Two signs follow each other"),
        ("colour:red", "no kind of term called colour"),
        ("ftp://a.b/c.jpg", "no kind of term called ftp"),
        ("image:abc", "no number of an image"),
        ("image:0", "no number of an image"),
        ("upload:../../etc", "no uploaded picture"),
        ("url:javascript:alert(1)", "no address of a picture"),
        ("0:car", "The weight 0 is no number from 0.01 to 100"),
        ("nan:car", "The weight nan is no number"),
        ("dog - inf:car", "The weight inf is no number"),
        ("1e9:car", "The weight 1e9 is no number"),
        ("0,5:car", "write it with a point, as in 0.5"),
        ("x" * 501, "The text has 501 characters; 500 at most"),
        ("x " * 2001, "The query has 4001 characters; 4000 at most"),
        (" + ".join("abcdefghijk"), "11 terms; 10 at most"),
        (" + ".join(f"https://a.b/{name}" for name in "abcd"), "more than 3 pictures by address"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadTerm) as refusal:
        parse(text)
    assert sentence in str(refusal.value)
